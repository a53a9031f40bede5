import { messageOf } from '../../../services/core/errors.js';
import { createLifecycle } from '../../../services/core/lifecycle.js';
import { createLogger } from '../../../services/core/log.js';
import { readConfig } from './config.js';
import { createFront } from './front.js';
import { startAgainWithThreads } from './thread-pool.js';

/** Below the time after which the supervisor ends a child for good. */
const STOP_TIMEOUT_MS = 18_000;

async function main(): Promise<void> {
  const config = readConfig(process.env);
  if (!process.env.UV_THREADPOOL_SIZE) return startAgainWithThreads(process.env);
  const lifecycle = createLifecycle({ log: createLogger('clickhouse', 'warn'), stepTimeoutMs: STOP_TIMEOUT_MS });
  const front = await createFront(config);
  lifecycle.onStop('clickhouse front', front.close);
  console.log(`clickhouse front ready on ${front.url} (ClickHouse ${front.version})`);
}

main().catch((error: unknown) => {
  console.error(messageOf(error));
  process.exit(1);
});
