export * from './group.js';
export * from './match.js';
export * from './plan.js';
export * from './replay.js';
export * from './run.js';
export * from './step.js';
export { holds, isEarly, type Window } from './window.js';
