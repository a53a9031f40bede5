export * from './entry.js';
export type { RegistryEntry } from './entry-reading.js';
export * from './registry.js';
