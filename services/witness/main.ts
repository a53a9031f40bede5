// The witness: cosigns checkpoints of the logs it knows, and no two that contradict each other (C2SP tlog-witness). Configured by environment.
import { readFileSync } from 'node:fs';
import { readEnvironment } from '../core/config.js';
import { messageOf, SealstreamError } from '../core/errors.js';
import { createHealth, serveHealth } from '../core/health.js';
import { createLifecycle } from '../core/lifecycle.js';
import { createLogger } from '../core/log.js';
import { createMetrics } from '../core/metrics.js';
import { signingKeyFromPem } from '../core/seal/index.js';
import { readKnownLogs } from './logs.js';
import { startWitness } from './service.js';

const log = createLogger('witness', process.env.SEALSTREAM_LOG_LEVEL ?? 'info');
const lifecycle = createLifecycle({ log });

try {
  const env = readEnvironment(process.env);
  const file = env.optional('SEALSTREAM_WITNESS_LOGS_FILE');
  const listed = file === undefined ? [] : readFileSync(file, 'utf8').split('\n');
  const vkeys = [...env.list('SEALSTREAM_WITNESS_LOGS', ''), ...listed]
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (vkeys.length === 0) {
    throw new SealstreamError('config', 'no log is named: set SEALSTREAM_WITNESS_LOGS or SEALSTREAM_WITNESS_LOGS_FILE');
  }
  const metrics = createMetrics('witness');
  const health = createHealth(['witness']);
  const metricsPort = env.integer('SEALSTREAM_METRICS_PORT', { fallback: 0, min: 0, max: 65_535 });
  const server = await serveHealth({ health, metrics, port: metricsPort });
  lifecycle.onStop('health', () => server.close());
  const witness = await startWitness({
    name: env.text('SEALSTREAM_WITNESS_NAME'),
    key: signingKeyFromPem(env.file('SEALSTREAM_WITNESS_KEY_FILE')),
    logs: readKnownLogs(vkeys),
    folder: env.text('SEALSTREAM_WITNESS_DIR'),
    host: env.text('SEALSTREAM_WITNESS_HOST', '127.0.0.1'),
    port: env.integer('SEALSTREAM_WITNESS_PORT', { fallback: 8_091, min: 0, max: 65_535 }),
    metrics,
    log,
  });
  lifecycle.onStop('witness', () => witness.stop());
  health.set('witness', { ready: true });
  log.info({ port: witness.port, vkey: witness.vkey, logs: vkeys.length }, 'witnessing');
} catch (error) {
  if (!lifecycle.stopping) {
    log.fatal({ error: messageOf(error) }, 'the witness cannot start');
    process.exit(1);
  }
}
