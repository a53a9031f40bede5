export { SealstreamError } from '../core/errors.js';
export { type EventInput, InvalidEvent } from '../core/event/index.js';
export { type Change, redact, withChange } from '../producer/index.js';
export { AuditClient, type AuditClientOptions } from './audit-client.js';
