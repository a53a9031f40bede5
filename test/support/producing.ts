import { Kafka, logLevel } from 'kafkajs';
import { pino } from 'pino';
import {
  applyChange,
  createJudge,
  emptyLane,
  type Finding,
  type History,
  type Judged,
  type LaneId,
  laneKey,
  laneOf,
  newPartitionState,
  type TopicRecord,
} from '../../services/core/judge/index.js';
import { topicRecord } from '../../services/core/reading/index.js';
import type { SigningKey } from '../../services/core/seal/index.js';
import { decodeEvent, formatUuid, part, type WireEvent } from '../../services/core/wire/index.js';
import { createProducer, type ProducerOptions } from '../../services/producer/index.js';
import { audience, newKey, testProducer, testRegistry } from './judging.js';
import { createTestKafka, createTestTopics, type TestTopics, uniqueName } from './stack.js';

export const silentLog = pino({ level: 'silent' });

/** A client of a Kafka that is not there. */
export const kafkaAway = (): Kafka =>
  new Kafka({ clientId: 'away', brokers: ['127.0.0.1:1'], logLevel: logLevel.NOTHING, retry: { retries: 0 } });

/** An events topic whose partitions begin with a registry marker that admits `key` for `producerId`. */
export interface ProducingTopic {
  readonly kafka: Kafka;
  readonly topic: string;
  readonly producerId: string;
  readonly key: SigningKey;
  /** Options of a producer that may write here. */
  options(change?: Partial<ProducerOptions>): ProducerOptions;
  producer(change?: Partial<ProducerOptions>): ReturnType<typeof createProducer>;
  /** Everything in the topic now, judged from its beginning. Markers are left out. */
  judged(): Promise<JudgedTopic>;
  remove(): Promise<void>;
}

export interface JudgedRecord {
  record: TopicRecord;
  judged: Judged;
}

export interface JudgedTopic {
  records: JudgedRecord[];
  /** Ids of accepted events, by partition and offset. */
  accepted: string[];
  events: WireEvent[];
  /** All but duplicates, which resends may leave. */
  findings: Finding[];
  duplicates: number;
  quarantined: JudgedRecord[];
}

export async function createProducingTopic({
  partitions = 1,
  kafka = createTestKafka(),
  settings = [],
}: {
  partitions?: number;
  kafka?: Kafka;
  /** Topic settings other than the usual. */
  settings?: { name: string; value: string }[];
} = {}): Promise<ProducingTopic> {
  const topics: TestTopics = await createTestTopics({ partitions, kafka });
  if (settings.length > 0) await alterTopic(kafka, topics.events, settings);
  const registry = testRegistry();
  const key = newKey();
  const producerId = uniqueName('shop');
  const newest = registry.register(key, producerId);
  const writer = kafka.producer({ createPartitioner: () => (args) => args.message.partition! });
  await writer.connect();
  const markers = Array.from({ length: partitions }, (_, partition) => {
    const lane = testProducer({ key: registry.rootKey, producerId: 'registry', partition, lane: partition });
    return { partition, value: lane.record('registry', [], { first_seq: 0, registry: newest }).value };
  });
  await writer.send({ topic: topics.events, acks: -1, messages: markers });
  await writer.disconnect();

  const options = (change: Partial<ProducerOptions> = {}): ProducerOptions => ({
    kafka,
    topic: topics.events,
    audience,
    producerId,
    key,
    log: silentLog,
    ...change,
  });
  return {
    kafka,
    topic: topics.events,
    producerId,
    key,
    options,
    producer: (change) => createProducer(options(change)),
    judged: async () => judgeRecords(await readAll(kafka, topics.events), registry),
    remove: topics.remove,
  };
}

async function alterTopic(kafka: Kafka, topic: string, entries: { name: string; value: string }[]): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: topic, configEntries: entries }] });
  await admin.disconnect();
}

/** Every record of a topic as it stands now, each partition's in order. */
export async function readAll(kafka: Kafka, topic: string): Promise<TopicRecord[]> {
  const admin = kafka.admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(topic);
  const groupId = uniqueName('test-reader', '-');
  const left = new Map(ends.filter(({ high }) => high !== '0').map(({ partition, high }) => [partition, Number(high)]));
  const records: TopicRecord[] = [];
  if (left.size > 0) {
    const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      // A group coordinator that is still loading crashes a consumer, which then starts again from the beginning.
      consumer.on(consumer.events.CRASH, ({ payload }) => void (payload.restart || reject(payload.error)));
      const read = new Map<number, number>();
      const eachMessage = async ({
        partition,
        message,
      }: {
        partition: number;
        message: Parameters<typeof topicRecord>[1];
      }) => {
        const end = left.get(partition);
        if (end === undefined) return;
        const record = topicRecord(partition, message);
        if (record.offset < (read.get(partition) ?? 0)) return;
        read.set(partition, record.offset + 1);
        records.push(record);
        if (record.offset + 1 >= end) left.delete(partition);
        if (left.size === 0) resolve();
      };
      consumer.run({ autoCommit: false, eachMessage }).catch(reject);
    });
    await consumer.disconnect();
    await admin.deleteGroups([groupId]).catch(() => {});
  }
  await admin.disconnect();
  return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}

/** Folds records through core's judge, answering from what was judged before, as the readers do from `batches`. */
export function judgeRecords(
  records: TopicRecord[],
  { deployment, registry }: Pick<ReturnType<typeof testRegistry>, 'deployment' | 'registry'>,
): JudgedTopic {
  const judge = createJudge({ deployment });
  const states = new Map<number, ReturnType<typeof newPartitionState>>();
  const traces: (LaneId & { partition: number; hash: string; prev: string; accepted: readonly number[] })[] = [];
  const judgedRecords: JudgedRecord[] = [];
  for (const record of records) {
    const state = states.get(record.partition) ?? newPartitionState(record.partition);
    states.set(record.partition, state);
    let history: History | undefined;
    for (;;) {
      const verdict = judge({ record, state, registry, history });
      if (verdict.kind === 'needs') {
        const { need } = verdict;
        if (need.kind === 'registry') throw new Error(`the record waits for registry entry ${need.through}`);
        if (need.kind === 'lane') state.lanes.set(laneKey(need.lane), emptyLane());
        else {
          const here = traces.filter(({ partition }) => partition === record.partition);
          const siblings = here.filter(
            ({ prev, hash, producerId }) =>
              prev === need.prev && hash !== need.headerHash && producerId === need.lane.producerId,
          );
          const isSameLane = (id: LaneId) => id.epoch === need.lane.epoch && id.lane === need.lane.lane;
          history = {
            same: here.find(({ hash }) => hash === need.headerHash),
            prevUsedInLane: siblings.some(isSameLane),
            prevUsedInEpoch: siblings.find(({ epoch }) => epoch !== need.lane.epoch)?.epoch,
          };
        }
        continue;
      }
      const { judged } = verdict;
      applyChange(state, judged.change);
      if (judged.change.kind === 'lane' && judged.opened) {
        const { hash, prev, accepted } = judged.change.record;
        traces.push({ ...laneOf(judged.opened.header), partition: record.partition, hash, prev, accepted });
      }
      if (judged.decoded?.header.kind !== 'registry') judgedRecords.push({ record, judged });
      break;
    }
  }
  const events = judgedRecords.flatMap(({ judged }) => judged.accepted.map((index) => eventOf(judged, index)));
  return {
    records: judgedRecords,
    events,
    accepted: events.map(({ body }) => formatUuid(body.id)),
    findings: judgedRecords.flatMap(({ judged }) => judged.findings.filter(({ code }) => code !== 'duplicate')),
    duplicates: judgedRecords.filter(({ judged }) => judged.disposition === 'duplicate').length,
    quarantined: judgedRecords.filter(
      ({ judged }) => judged.disposition === 'quarantined' || judged.disposition === 'partial',
    ),
  };
}

/** The `n` of each event's details, where tests put a number. */
export const numbersOf = (events: WireEvent[]): number[] => events.map(({ content }) => JSON.parse(content.details).n);

function eventOf({ decoded }: Judged, index: number): WireEvent {
  const { value, parts } = decoded!.frame;
  const row = index * part.stride;
  const bytes = (start: number): Buffer => value.subarray(parts[row + start]!, parts[row + start + 1]!);
  return decodeEvent({
    body: bytes(part.bodyStart),
    identity: bytes(part.identityStart),
    content: bytes(part.contentStart),
  });
}
