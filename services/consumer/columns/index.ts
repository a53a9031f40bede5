export * from './array.js';
export type { Column } from './column.js';
export * from './fixed.js';
export * from './native.js';
export * from './number.js';
export * from './string.js';
