import type { KafkaMessage } from 'kafkajs';
import type { TopicRecord } from '../judge/index.js';

const none = Buffer.alloc(0);

/** A Kafka message as the judge takes it. */
export const topicRecord = (partition: number, message: KafkaMessage): TopicRecord => ({
  partition,
  offset: Number(message.offset),
  appendTimeMs: Number(message.timestamp),
  value: message.value ?? none,
});
