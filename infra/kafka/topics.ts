import kafkajs, { type Admin } from 'kafkajs';
import { SealstreamError } from '../../services/core/errors.js';
import { retry } from '../../services/core/retry.js';
import { TopicSettingError } from './errors.js';

const DAY_MS = 86_400_000;
/** A record's value is at most 1,000,000 bytes (WIRE §1); the rest is what Kafka adds around it. */
const MAX_MESSAGE_BYTES = 1_100_000;
const MAX_REPLICAS = 3;
/** A broker hears of a new topic a moment after the controller has made it; on a busy machine, seconds. */
const KNOWN_WITHIN_MS = 30_000;

/** A setting that the format depends on: its value on creation, and what an existing topic must have. */
interface Setting {
  readonly value: string;
  readonly accepts: (actual: string) => boolean;
  readonly why: string;
}

export interface TopicPlan {
  readonly topic: string;
  readonly partitions: number;
  /** Whether another count of partitions in an existing topic is an error. */
  readonly fixedPartitions: boolean;
  readonly settings: Readonly<Record<string, Setting>>;
  /** Set on creation, and left as the operator has them later. */
  readonly defaults: Readonly<Record<string, string>>;
}

export interface EnsuredTopic {
  readonly topic: string;
  readonly created: boolean;
  /** As it is now, which an existing topic decides and not the plan. */
  readonly partitions: number;
}

const exactly = (value: string, why: string): Setting => ({ value, accepts: (actual) => actual === value, why });

const everyTopic: Record<string, Setting> = {
  'message.timestamp.type': exactly('LogAppendTime', 'the append time is Kafka’s own, and records are judged by it'),
  'cleanup.policy': exactly('delete', 'a compacted topic loses records, and every offset counts'),
  'unclean.leader.election.enable': exactly('false', 'an unclean leader loses records that were acknowledged'),
  'max.message.bytes': {
    value: String(MAX_MESSAGE_BYTES),
    accepts: (actual) => Number(actual) >= MAX_MESSAGE_BYTES,
    why: 'a record of 1,000,000 bytes has to fit',
  },
};

/** Seven days: this retention also bounds how long an erased part outlives its erasure in the raw topic, with the time that a file spans. */
export const EVENTS_RETENTION_MS = 7 * DAY_MS;
export const EVENTS_SEGMENT_MS = DAY_MS;

export function eventsTopic({ topic = 'audit.events', partitions = 4 } = {}): TopicPlan {
  const defaults = { 'retention.ms': String(EVENTS_RETENTION_MS), 'segment.ms': String(EVENTS_SEGMENT_MS) };
  return { topic, partitions, fixedPartitions: false, settings: everyTopic, defaults };
}

/** What became of alerts, one message per change; the tables hold all of it, too. */
export function alertsTopic({ topic = 'audit.alerts', partitions = 1 } = {}): TopicPlan {
  const defaults = { 'retention.ms': String(EVENTS_RETENTION_MS) };
  return { topic, partitions, fixedPartitions: false, settings: everyTopic, defaults };
}

/** Keys and organizations, kept for ever: every replay needs all of them. */
export function registryTopic({ topic = 'audit.registry' } = {}): TopicPlan {
  const forever = exactly('-1', 'the registry is needed for as long as there are events');
  const settings = { ...everyTopic, 'retention.ms': forever, 'retention.bytes': forever };
  return { topic, partitions: 1, fixedPartitions: true, settings, defaults: {} };
}

/** Two replicas must have a record before it is acknowledged, wherever there are two brokers. */
function replication(brokers: number): { replicationFactor: number; minInSync: number } {
  const replicationFactor = Math.min(MAX_REPLICAS, brokers);
  return { replicationFactor, minInSync: Math.min(2, replicationFactor) };
}

/**
 * Creates the topics that are absent and checks the ones that are there. Safe when two start together. Throws a
 * TopicSettingError (topic, setting, value, fix) where an existing topic cannot carry the format.
 */
export async function ensureTopics({
  admin,
  topics,
}: {
  admin: Admin;
  topics: readonly TopicPlan[];
}): Promise<EnsuredTopic[]> {
  const { brokers } = await admin.describeCluster();
  const { replicationFactor, minInSync } = replication(brokers.length);
  const existing = new Set(await admin.listTopics());
  const created = new Set<string>();
  for (const plan of topics) {
    if (existing.has(plan.topic)) continue;
    const settings = Object.entries(plan.settings).map(([name, { value }]) => ({ name, value }));
    const defaults = Object.entries(plan.defaults).map(([name, value]) => ({ name, value }));
    const configEntries = [...settings, ...defaults, { name: 'min.insync.replicas', value: String(minInSync) }];
    const { topic, partitions: numPartitions } = plan;
    const done = await admin.createTopics({
      topics: [{ topic, numPartitions, replicationFactor, configEntries }],
      // kafkajs' own waiting fails on a broker that has not heard of the topic yet.
      waitForLeaders: false,
    });
    if (done) created.add(topic);
  }
  const ensured: EnsuredTopic[] = [];
  for (const plan of topics) {
    const until = Date.now() + KNOWN_WITHIN_MS;
    const again = (error: unknown) => Date.now() < until && (error as { retriable?: boolean }).retriable === true;
    const partitions = await retry(() => checkTopic({ admin, plan }), { again, firstMs: 50, mostMs: 1_000 });
    ensured.push({ topic: plan.topic, created: created.has(plan.topic), partitions });
  }
  return ensured;
}

async function checkTopic({ admin, plan }: { admin: Admin; plan: TopicPlan }): Promise<number> {
  const { topic } = plan;
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
  });
  const actual = new Map(resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]));
  for (const [setting, { value, accepts, why }] of Object.entries(plan.settings)) {
    const found = actual.get(setting) ?? '';
    if (!accepts(found)) throw new TopicSettingError({ topic, setting, found, needed: value, why });
  }
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const partitions = topics[0]?.partitions ?? [];
  if (partitions.length === 0 || partitions.some(({ leader }) => leader < 0)) {
    throw new SealstreamError('topic_without_leader', `Kafka topic ${topic} has no leader yet`, {
      topic,
      retriable: true,
    });
  }
  checkReplicas({ topic, replicas: partitions[0]?.replicas.length ?? 1, minInSync: actual.get('min.insync.replicas') });
  if (plan.fixedPartitions && partitions.length !== plan.partitions) {
    const why = 'its entries are one sequence';
    const [found, needed] = [String(partitions.length), String(plan.partitions)];
    throw new TopicSettingError({ topic, setting: 'partitions', found, needed, why });
  }
  return partitions.length;
}

function checkReplicas({
  topic,
  replicas,
  minInSync,
}: {
  topic: string;
  replicas: number;
  minInSync?: string | undefined;
}) {
  if (replicas < 2 || Number(minInSync) >= 2) return;
  const why = 'an acknowledged record on one replica alone is lost with that broker';
  throw new TopicSettingError({ topic, setting: 'min.insync.replicas', found: minInSync ?? '', needed: '2', why });
}
