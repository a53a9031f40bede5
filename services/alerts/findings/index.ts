export * from './action-table.js';
export * from './alert-state.js';
export * from './finding.js';
export * from './finding-table.js';
export * from './inhibition.js';
export * from './message.js';
export * from './silence.js';
export * from './silence-table.js';
