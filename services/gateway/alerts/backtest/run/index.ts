export * from './backtest.js';
export * from './difference.js';
export { readExamples } from './examples.js';
export * from './limits.js';
export type { EventSource } from './read-events.js';
export type { BacktestReport } from './report.js';
