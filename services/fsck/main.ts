// The continuous verifier: what is stored, checked against its signatures and the log, for ever. Configured by environment.
import { createClickHouse } from '../core/clients/clickhouse.js';
import { createKafka } from '../core/clients/kafka.js';
import { readAddresses, readEnvironment } from '../core/config.js';
import { readDeployment } from '../core/deployment.js';
import { messageOf, SealstreamError } from '../core/errors.js';
import { createHealth, serveHealth } from '../core/health.js';
import { createLifecycle } from '../core/lifecycle.js';
import { createLogger } from '../core/log.js';
import { keptEvery } from '../core/log-folder/index.js';
import { createMetrics } from '../core/metrics.js';
import { createRegistryReader } from '../core/reading/index.js';
import { retry } from '../core/retry.js';
import { createNoteKey, type NoteKey } from '../core/tlog/index.js';
import { sha256 } from '../core/tlog/node.js';
import { createLogCheck } from './check-log.js';
import { defaultContinuous, startContinuous } from './continuous.js';
import { createNamedErasures } from './erased.js';
import { folderFiles } from './log-files.js';
import { createStoredRows } from './stored.js';
import { createVerifiedTable } from './verified-table.js';

const log = createLogger('verifier', process.env.SEALSTREAM_LOG_LEVEL ?? 'info');
const lifecycle = createLifecycle({ log, stepTimeoutMs: 30_000 });

try {
  const env = readEnvironment(process.env);
  const { kafkaBrokers, clickhouseUrl, clickhouseDatabase: database } = readAddresses(process.env);
  const { deployment, topics } = readDeployment(process.env);
  const folder = env.optional('SEALSTREAM_LOG_DIR');
  const publicKeys = env.list('SEALSTREAM_LOG_PUBLIC_KEY', '').map((text) => Buffer.from(text, 'base64'));
  if (folder !== undefined && (publicKeys.length === 0 || publicKeys.some(({ length }) => length !== 32))) {
    throw new SealstreamError('config', 'SEALSTREAM_LOG_PUBLIC_KEY must hold the log’s public key, 32 bytes in base64');
  }
  const metrics = createMetrics('verifier');
  const health = createHealth(['registry']);
  const waiting = new AbortController();
  lifecycle.onStop('waiting', () => waiting.abort());

  const port = env.integer('SEALSTREAM_METRICS_PORT', { fallback: 0, min: 0, max: 65_535 });
  const server = await serveHealth({ health, metrics, port });
  lifecycle.onStop('health', () => server.close());
  const clickhouse = createClickHouse({ url: clickhouseUrl, database });
  lifecycle.onStop('clickhouse', () => clickhouse.close());

  const kafka = createKafka({
    brokers: kafkaBrokers,
    clientId: 'sealstream-verifier',
    log,
    retry: { initialRetryTime: 200, maxRetryTime: 5_000 },
  });
  const registryReader = await retry(() => createRegistryReader({ kafka, topic: topics.registry, deployment, log }), {
    signal: waiting.signal,
    mostMs: 5_000,
    onFailure: (error) => health.set('registry', { ready: false, detail: messageOf(error) }),
  });
  lifecycle.onStop('registry', () => registryReader.stop());
  health.set('registry', { ready: true });

  const keysOf = (name: string): NoteKey[] => publicKeys.map((publicKey) => createNoteKey({ sha256, name, publicKey }));
  const read = folder === undefined ? undefined : folderFiles(folder);
  const verifier = startContinuous({
    stored: createStoredRows({ clickhouse, database }),
    table: createVerifiedTable({ clickhouse, database }),
    deployment,
    registryReader,
    erasures: createNamedErasures({ clickhouse, database }),
    openLog: read && ((report) => createLogCheck({ read, audience: deployment.audience, keysOf, keptEvery, report })),
    settings: {
      ...defaultContinuous,
      share: env.integer('SEALSTREAM_VERIFIER_PERCENT', { fallback: 10, min: 1, max: 100 }) / 100,
    },
    metrics,
    log,
  });
  lifecycle.onStop('verifier', () => verifier.stop());
} catch (error) {
  if (!lifecycle.stopping) {
    log.fatal({ error: messageOf(error) }, 'the verifier cannot start');
    process.exit(1);
  }
}
