export { SealstreamError } from '../core/errors.js';
export { type EventInput, InvalidEvent } from '../core/event/index.js';
export { type Change, redact, withChange } from '../producer/index.js';
export type { Alert, AlertChange, AlertChangeName, AlertLevel, AlertStateName } from './alert.js';
export { AuditClient } from './audit-client.js';
export {
  AuditClientError,
  AuditProblem,
  type ClientErrorCode,
  type ProblemDocument,
  type ProblemKind,
  type ProblemPart,
} from './errors.js';
export type { AuditEvent, PartialAuditEvent } from './event.js';
export type { AuditClientOptions, GatewayClientOptions, KafkaClientOptions } from './options.js';
export type { AnyOf, AuditFilter, Time } from './query/filter.js';
export type { AuditPage, AuditQuery, AuditTrail } from './query/trail.js';
export type { AlertFilter, AlertStream, AlertStreamOptions } from './stream/alert-stream.js';
export type { AuditBatch, AuditStream, StreamOptions } from './stream/stream.js';
