import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import { createKafka } from '../../services/core/clients/kafka.js';
import { createDeployment } from '../../services/core/deployment.js';
import { viewOf } from '../../services/core/event/index.js';
import {
  applyChange,
  createJudge,
  emptyLane,
  type Judged,
  laneKey,
  newPartitionState,
  type TopicRecord,
} from '../../services/core/judge/index.js';
import { createLogger } from '../../services/core/log.js';
import { createRegistryReader, readTopic, topicOffsets } from '../../services/core/reading/index.js';
import { decodeEvent, part } from '../../services/core/wire/index.js';
import { readAdminKey } from '../../services/gateway/auth/admin-key.js';
import { newKeyText } from '../../services/gateway/auth/api-key.js';
import type { Permission } from '../../services/gateway/auth/caller.js';
import type { GatewayConfig } from '../../services/gateway/config.js';
import { type Gateway, openGateway } from '../../services/gateway/gateway.js';
import { newKey } from './judging.js';
import { createTestDatabase, createTestTopics, stackFromEnv, uniqueName } from './stack.js';

/** What a gateway is told and the world it stands in; several gateways may share one. */
export interface GatewayWorld {
  config: GatewayConfig;
  adminKey: string;
  kafka: Kafka;
  remove(): Promise<void>;
}

export interface WorldAddresses {
  kafkaBrokers?: string[];
  clickhouseUrl?: string;
  redisUrl?: string;
}

export async function createGatewayWorld({
  partitions = 2,
  addresses = {},
  limits = {},
  accessLog = 'off',
}: {
  partitions?: number;
  addresses?: WorldAddresses;
  limits?: Partial<GatewayConfig['limits']>;
  accessLog?: GatewayConfig['accessLog'];
} = {}): Promise<GatewayWorld> {
  const stack = stackFromEnv();
  const brokers = addresses.kafkaBrokers ?? stack.kafkaBrokers;
  const clickhouseUrl = addresses.clickhouseUrl ?? stack.clickhouseUrl;
  const kafka = createKafka({ brokers, clientId: uniqueName('test', '-'), log: createLogger('test', 'silent') });
  const topics = await createTestTopics({ partitions, kafka });
  const database = await createTestDatabase({ clickhouseUrl });
  const [rootKey, gatewayKey] = [newKey(), newKey()];
  const adminKey = newKeyText();
  const config: GatewayConfig = {
    addresses: {
      kafkaBrokers: brokers,
      clickhouseUrl: new URL(clickhouseUrl),
      clickhouseDatabase: database.database,
      redisUrl: addresses.redisUrl ?? stack.redisUrl,
    },
    // Its own: worlds share a Redis, and Idempotency-Keys belong to a deployment.
    deployment: createDeployment(uniqueName('test.example/log', '-'), rootKey.publicKey),
    topics,
    host: '127.0.0.1',
    port: 0,
    rootKey,
    gatewayKey,
    secret: randomBytes(32),
    admin: readAdminKey(adminKey),
    accessLog,
    limits: {
      bodyBytes: 1_048_576,
      maxInFlight: 256,
      publishTimeoutMs: 10_000,
      requestRate: { perSecond: 10_000, burst: 10_000 },
      changeRate: { perSecond: 1_000, burst: 1_000 },
      signInRates: { address: { perSecond: 1_000, burst: 1_000 }, identifier: { perSecond: 1_000, burst: 1_000 } },
      eventRate: { perSecond: 100_000, burst: 100_000 },
      ...limits,
    },
  };
  return {
    config,
    adminKey,
    kafka,
    async remove() {
      await topics.remove();
      await database.remove();
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: an answer's fields are looked at as they come
export type AnyFields = Record<string, any>;

export interface Answer<T = AnyFields> {
  status: number;
  body: T;
  headers: Headers;
}

export interface Call {
  /** An API key; '' for none. The administrator's where absent. */
  key?: string;
  /** Sent as JSON; bytes and text as they are. */
  body?: unknown;
  headers?: Record<string, string>;
}

export interface TestGateway extends Gateway {
  url: string;
  call<T = AnyFields>(method: string, path: string, call?: Call): Promise<Answer<T>>;
  /** Makes an API key; its text. */
  makeKey(organizations: '*' | string[], permissions: Permission[], expiresAt?: string): Promise<string>;
}

/** A gateway in the process of the caller. */
export async function startTestGateway(
  { config, adminKey }: GatewayWorld,
  { level = 'silent', wait = true }: { level?: string; wait?: boolean } = {},
): Promise<TestGateway> {
  const gateway = await openGateway({ config, log: createLogger('gateway', level) });
  if (wait) await gateway.ready;
  const url = `http://127.0.0.1:${gateway.port}`;
  const call: TestGateway['call'] = async (method, path, { key = adminKey, body, headers = {} } = {}) => {
    const raw = typeof body === 'string' || body instanceof Uint8Array;
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: raw ? (body as string) : JSON.stringify(body) }),
    });
    const text = await answer.text();
    const isJson = (answer.headers.get('content-type') ?? '').includes('json');
    return { status: answer.status, body: isJson ? JSON.parse(text) : text, headers: answer.headers };
  };
  return {
    ...gateway,
    url,
    call,
    async makeKey(organizations, permissions, expires_at) {
      const body = { name: uniqueName('key'), organizations, permissions, ...(expires_at ? { expires_at } : {}) };
      const made = await call<{ key: string }>('POST', '/api/keys', { body });
      if (made.status !== 201) throw new Error(JSON.stringify(made.body));
      return made.body.key;
    },
  };
}

/** Every record of the events topic, judged from the beginning by a reader of the test's own. */
export async function judgeTopic({ config, kafka }: GatewayWorld): Promise<Judged[]> {
  const { deployment, topics } = config;
  const log = createLogger('test', 'silent');
  const registryReader = await createRegistryReader({ kafka, topic: topics.registry, deployment, log });
  const ends = await topicOffsets(kafka, topics.events);
  const records: TopicRecord[] = [];
  const wanted = ends.reduce((sum, { high }) => sum + high, 0);
  const reader = await readTopic({
    kafka,
    topic: topics.events,
    from: new Map(ends.map(({ partition }) => [partition, 0])),
    log,
    maxWaitMs: 100,
    onGap: (error) => {
      throw error;
    },
    onRecords: async (_, batch) => void records.push(...batch),
  });
  while (records.length < wanted) await sleep(20);
  await reader.stop();
  const judge = createJudge({ deployment });
  const judged: Judged[] = [];
  for (const { partition } of ends) {
    const state = newPartitionState(partition);
    for (const record of records.filter((one) => one.partition === partition)) {
      // Nothing was ever forgotten: the topic is judged from its beginning.
      const history = { same: undefined, prevUsedInLane: false, prevUsedInEpoch: undefined };
      for (;;) {
        const verdict = judge({ record, state, registry: registryReader.registry, history });
        if (verdict.kind === 'judged') {
          applyChange(state, verdict.judged.change);
          judged.push(verdict.judged);
          break;
        }
        const { need } = verdict;
        if (need.kind !== 'lane') throw new Error(`needs ${need.kind}`);
        state.lanes.set(laneKey(need.lane), emptyLane());
      }
    }
  }
  await registryReader.stop();
  return judged;
}

/** The accepted events of judged records, in order within each partition. */
export const acceptedOf = (judged: readonly Judged[]) =>
  judged.flatMap(({ accepted, opened }) =>
    accepted.map((index) => {
      const { frame } = opened!;
      const [b, c, d, e, f, g] = frame.parts.subarray(index * part.stride);
      return viewOf(
        decodeEvent({
          body: frame.value.subarray(b, c),
          identity: frame.value.subarray(d, e),
          content: frame.value.subarray(f, g),
        }),
      );
    }),
  );
