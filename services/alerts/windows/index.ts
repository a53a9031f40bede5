export * from './group.js';
export type { HeldGroup } from './held.js';
export * from './match.js';
export * from './plan.js';
export * from './replay.js';
export * from './run.js';
export * from './step.js';
export * from './store.js';
export { holds, isEarly, type Window } from './window.js';
