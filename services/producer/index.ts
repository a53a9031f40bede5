export type { Clock } from './clock.js';
export type { BatchLimits, ProducerOptions, QueueLimits, SpoolOptions } from './options.js';
export { createProducer, type Producer, type SendOptions } from './producer.js';
export type { Receipt } from './receipts.js';
