export * from './batch.js';
export { sha256 } from './hash.js';
export * from './leaf.js';
export { publicKeyFault } from './public-key.js';
export { expandSalts } from './salts.js';
export * from './signature.js';
export { merkleRoot } from './tree.js';
