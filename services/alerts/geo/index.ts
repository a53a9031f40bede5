export * from './need.js';
export * from './places.js';
