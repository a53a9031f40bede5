export { parseAuthorities, type TimestampAuthority } from './authority.js';
export {
  createTimestampClient,
  type RequestTimestamp,
  TimestampRequestError,
  type TimestampTrouble,
} from './client.js';
export { createTimestampKeeper, type TimestampKeeper } from './keeper.js';
export { createTimestampMetrics, type TimestampMetrics } from './metrics.js';
export { startTimestamps } from './service.js';
export { createFolderTimestampStore, type TimestampStore } from './store.js';
