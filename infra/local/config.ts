import { resolve } from 'node:path';
import { type Environment, readEnvironment } from '../../services/core/config.js';
import type { PartName } from './parts/part.js';

export interface SupervisorConfig {
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  readonly partitions: number;
  readonly database: string;
  readonly topics: { readonly events: string; readonly registry: string; readonly alerts: string };
  /** Addresses that the environment names: used instead of an embedded part. */
  readonly external: Partial<Record<PartName, string>>;
}

/** The environment variable that names a part which runs elsewhere. */
export const ADDRESS_VARIABLE: Record<PartName, string> = {
  kafka: 'KAFKA_BROKERS',
  clickhouse: 'CLICKHOUSE_URL',
  redis: 'REDIS_URL',
};

/** Throws a SealstreamError naming the variable and its value. Paths are taken from `cwd`. */
export function readSupervisorConfig({ env, cwd }: { env: Environment; cwd: string }): SupervisorConfig {
  const read = readEnvironment(env);
  const external: Partial<Record<PartName, string>> = {};
  for (const part of Object.keys(ADDRESS_VARIABLE) as PartName[]) {
    const address = read.optional(ADDRESS_VARIABLE[part]);
    if (address !== undefined) external[part] = address;
  }
  if (external.clickhouse) read.url('CLICKHOUSE_URL');
  if (external.redis) read.url('REDIS_URL');
  return {
    dataDir: resolve(cwd, read.text('SEALSTREAM_DATA', '.sealstream')),
    host: read.text('SEALSTREAM_HOST', '127.0.0.1'),
    port: read.integer('SEALSTREAM_PORT', { fallback: 8080, min: 1, max: 65_535 }),
    partitions: read.integer('SEALSTREAM_PARTITIONS', { fallback: 4, min: 1, max: 1_024 }),
    database: read.text('CLICKHOUSE_DATABASE', 'sealstream'),
    topics: {
      events: read.text('SEALSTREAM_EVENTS_TOPIC', 'audit.events'),
      registry: read.text('SEALSTREAM_REGISTRY_TOPIC', 'audit.registry'),
      alerts: read.text('SEALSTREAM_ALERTS_TOPIC', 'audit.alerts'),
    },
    external,
  };
}
