export type { Bundle } from './bundle.js';
export { type FailureCode, failures, UnreadableBundle } from './failures.js';
export type { BundleInput } from './read-bundle.js';
export { type Trust, UnreadableTrust } from './trust.js';
export type { BundleVerdict, Check, VerifyOptions } from './verify-bundle.js';
