export * from './paths.js';
export * from './read.js';
export * from './shard.js';
export * from './shards.js';
export * from './timestamps.js';
