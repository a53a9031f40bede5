export type { Clock } from './clock.js';
export { type Change, withChange } from './helpers/change.js';
export { redact } from './helpers/redact.js';
export type { BatchLimits, ProducerOptions, QueueLimits, SpoolOptions } from './options.js';
export { createProducer, type Producer, type SendOptions } from './producer.js';
export type { Receipt } from './receipts.js';
