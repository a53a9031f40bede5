import type { Logger } from '../../core/log.js';
import type { Metrics } from '../../core/metrics.js';
import type { TimestampAuthority } from './authority.js';
import { createTimestampClient } from './client.js';
import { createTimestampKeeper, type TimestampKeeper } from './keeper.js';
import { createTimestampMetrics } from './metrics.js';
import { createFolderTimestampStore } from './store.js';

/** Timestamps the checkpoints in the log's folder, by HTTP, from now until it is stopped, which ends requests that are under way. */
export function startTimestamps({
  authorities,
  folder,
  shards,
  metrics,
  log,
}: {
  authorities: readonly TimestampAuthority[];
  /** SEALSTREAM_LOG_DIR. */
  folder: string;
  /** Names of the shards that this sealer seals now. */
  shards: () => readonly string[];
  metrics: Metrics;
  log: Logger;
}): TimestampKeeper {
  const stopping = new AbortController();
  const keeper = createTimestampKeeper({
    authorities,
    shards,
    store: createFolderTimestampStore(folder),
    requestTimestamp: createTimestampClient({ signal: stopping.signal }),
    metrics: createTimestampMetrics(metrics),
    log,
  });
  return {
    stop() {
      stopping.abort();
      return keeper.stop();
    },
  };
}
