export * from './batch-row.js';
export * from './event-row.js';
export * from './fetch.js';
export * from './row-scanner.js';
