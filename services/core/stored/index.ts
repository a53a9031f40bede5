export * from './record-steps.js';
export * from './row-steps.js';
export * from './step.js';
