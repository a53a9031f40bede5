export * from './event-runs.js';
export * from './log-runs.js';
