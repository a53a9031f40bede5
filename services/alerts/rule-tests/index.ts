export * from './read.js';
export * from './rule-test.js';
export * from './run.js';
export * from './test-set.js';
