export * from './accepted-events.js';
export * from './fold.js';
export * from './group-member.js';
export * from './heartbeats.js';
export * from './lane-store.js';
export * from './registry-reader.js';
export * from './topic-reader.js';
export * from './topic-record.js';
