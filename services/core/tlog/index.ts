export * from './bundle.js';
export * from './entry.js';
export * from './errors.js';
export * from './frontier.js';
export { createTreeHasher, type Sha256, type TreeHasher } from './hashing.js';
export * from './prover.js';
export * from './tile-path.js';
export * from './tile-writer.js';
export * from './verify-proof.js';
