// The gateway: events in by HTTP, queries, the live stream, and the deployment's keys. Configured by environment.
import { messageOf } from '../core/errors.js';
import { createLifecycle } from '../core/lifecycle.js';
import { createLogger } from '../core/log.js';
import { readConfig } from './config.js';
import { openGateway } from './gateway.js';

/** Answers under way, then what the producer holds, then the rest. */
const stopTimeoutMs = 30_000;

const log = createLogger('gateway', process.env.SEALSTREAM_LOG_LEVEL ?? 'info');
const lifecycle = createLifecycle({ log, stepTimeoutMs: stopTimeoutMs });

try {
  const config = readConfig(process.env);
  const gateway = await openGateway({ config, log });
  lifecycle.onStop('gateway', () => gateway.stop());
  log.info({ host: config.host, port: gateway.port }, 'listening');
  await gateway.ready;
  log.info('ready');
} catch (error) {
  if (!lifecycle.stopping) {
    log.fatal({ error: messageOf(error) }, 'the gateway cannot start');
    process.exit(1);
  }
}
