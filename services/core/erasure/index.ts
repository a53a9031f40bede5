export * from './erased-frame.js';
export * from './listed-parts.js';
export * from './obey.js';
export * from './standing-list.js';
