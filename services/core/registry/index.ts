export * from './entry.js';
export * from './registry.js';
export * from './writer.js';
