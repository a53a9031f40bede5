export { compileQuery } from './compile.js';
export type { Condition } from './condition.js';
export { QueryFault } from './syntax.js';
