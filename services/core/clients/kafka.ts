import { createRequire } from 'node:module';
import kafkajs, { type Kafka as KafkaClient, type KafkaConfig, type logCreator } from 'kafkajs';
import type { Logger } from '../log.js';

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs;
const require = createRequire(import.meta.url);

interface Lz4 {
  compressFrame(data: Buffer): Promise<Buffer>;
  decompressFrame(data: Buffer): Promise<Buffer>;
}

/** kafkajs ships gzip alone; LZ4 frames come from a native library, which costs a tenth of gzip's time. */
export function registerCompression(): void {
  const lz4 = require('lz4-napi') as Lz4;
  CompressionCodecs[CompressionTypes.LZ4] = () => ({
    compress: ({ buffer }: { buffer: Buffer }) => lz4.compressFrame(buffer),
    decompress: (buffer: Buffer) => lz4.decompressFrame(buffer),
  });
}

const levels: Record<number, 'error' | 'warn' | 'info' | 'debug'> = {
  [logLevel.ERROR]: 'error',
  [logLevel.WARN]: 'warn',
  [logLevel.INFO]: 'info',
  [logLevel.DEBUG]: 'debug',
};

/** A kafkajs client that logs through `log` and reads LZ4. */
export function createKafka({
  brokers,
  clientId,
  log,
  ...config
}: { brokers: string[]; clientId: string; log: Logger } & Partial<KafkaConfig>): KafkaClient {
  registerCompression();
  const toLog: logCreator =
    () =>
    ({ level, namespace, log: entry }) => {
      const { message, timestamp: _, logger: __, ...rest } = entry;
      log[levels[level] ?? 'debug']({ kafkajs: namespace, ...rest }, message);
    };
  return new Kafka({ brokers, clientId, logLevel: logLevel.WARN, logCreator: toLog, ...config });
}
