export * from './bundle.js';
export * from './checkpoint.js';
export * from './entry.js';
export * from './errors.js';
export * from './frontier.js';
export { createTreeHasher, type Sha256, type TreeHasher } from './hashing.js';
export {
  formatNote,
  formatSignatureLines,
  isOfKey,
  type Note,
  type NoteSignature,
  noteLimits,
  parseNote,
  parseSignatureLines,
  withSignatures,
} from './note.js';
export {
  createNoteKey,
  formatVkey,
  isKeyName,
  keyIdText,
  type NoteKey,
  parseVkey,
  type SignatureType,
  signatureTypes,
} from './note-key.js';
export * from './policy.js';
export * from './prover.js';
export * from './signing.js';
export * from './tile-path.js';
export * from './tile-writer.js';
export * from './tlog-proof.js';
export * from './verify-proof.js';
