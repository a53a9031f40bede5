export * from './address.js';
export * from './encode-checked.js';
export * from './input.js';
export * from './time.js';
export * from './to-wire.js';
export * from './view.js';
