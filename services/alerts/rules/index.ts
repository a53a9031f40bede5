export * from './expression.js';
export * from './extensions.js';
export { type FaultCode, faultCodes, type RuleFault } from './fault.js';
export * from './field.js';
export { type RuleLimits, ruleLimits } from './limits.js';
export * from './parse.js';
export * from './rule.js';
export { sourceOf } from './sources/index.js';
