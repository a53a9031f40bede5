import type { FastifyInstance, preHandlerAsyncHookHandler } from 'fastify';
import type { Redis } from 'ioredis';
import type { Kafka } from 'kafkajs';
import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import type { StandingList } from '../../core/erasure/index.js';
import type { Logger } from '../../core/log.js';
import { readRetention, topicOffsets, warnOfRetention } from '../../core/reading/index.js';
import type { Producer } from '../../producer/index.js';
import type { Presence } from '../http/presence.js';
import type { QueryMetrics } from '../query/metrics.js';
import type { Records } from '../query/records.js';
import { createEventsTable } from '../query/scope.js';
import { createAnnouncer } from './announcer.js';
import { createErasureTable } from './erasure-table.js';
import { createFinder } from './find.js';
import { eraseFindings } from './findings.js';
import { createWorkLock } from './lock.js';
import { createOldFiles } from './old-files.js';
import { createPartTable } from './part-table.js';
import { createQuarantined } from './quarantined.js';
import { createRewriter } from './rewrite.js';
import { registerErasureRoutes } from './routes.js';
import type { WorkStep } from './work.js';
import { startErasureWorker } from './worker.js';

/** What tests have otherwise: they are in a hurry, and stop at each step. */
export interface ErasureOptions {
  settleMs?: number;
  pollMs?: number;
  everyMs?: number;
  lockMs?: number;
  /** False for a gateway that takes requests and leaves the work to others. */
  works?: boolean;
  onStep?: (step: WorkStep) => void;
}

/** A look for a subject may go through the whole table. */
const limits = { executionSeconds: 600, memoryBytes: 4_294_967_296, resultBytes: 268_435_456 };
/** Several times what a reader of the list waits between two looks. */
const defaultSettleMs = 30_000;

/** Erasures: the routes, and the worker in the background, which ends with the app. */
export function registerErasures(
  app: FastifyInstance,
  {
    clickhouse,
    database,
    kafka,
    redis,
    eventsTopic,
    audience,
    secret,
    producer,
    standing,
    records,
    incarnation,
    presence,
    changing,
    metrics,
    options: { settleMs = defaultSettleMs, pollMs = 1_000, everyMs, lockMs, works = true, onStep = () => {} } = {},
    log,
  }: {
    clickhouse: ClickHouseClient;
    database: string;
    kafka: Kafka;
    redis: Redis;
    eventsTopic: string;
    audience: string;
    secret: Buffer;
    producer: Pick<Producer, 'send'>;
    standing: StandingList;
    records: Records;
    incarnation: () => Buffer | undefined;
    presence: Presence;
    changing: preHandlerAsyncHookHandler;
    metrics: QueryMetrics;
    options?: ErasureOptions | undefined;
    log: Logger;
  },
): void {
  const stored = { clickhouse, database };
  const table = createEventsTable({ ...stored, metrics, limits });
  const erasures = createErasureTable(stored);
  const finder = createFinder({ ...stored, table });
  const announcer = createAnnouncer({ producer, table, log });
  const life = (): string => incarnation()?.toString('hex') ?? '';
  const parts = {
    erasures,
    parts: createPartTable(stored),
    finder,
    quarantined: createQuarantined(stored),
    rewriter: createRewriter(stored),
    eraseFindings: (erasureId: string) => eraseFindings({ ...stored, erasureId }),
    oldFiles: createOldFiles(stored),
    announcer,
    standing,
    records,
    incarnation: life,
    settleMs,
    pollMs,
    ...(everyMs === undefined ? {} : { everyMs }),
    onStep,
    now: Date.now,
    lock: createWorkLock({ redis, audience, ...(lockMs === undefined ? {} : { ttlMs: lockMs }) }),
    log,
  };
  const worker = works ? startErasureWorker(parts) : undefined;
  app.addHook('onClose', () => worker?.stop());
  void warnOfRetention({ kafka, topic: eventsTopic, log });
  registerErasureRoutes(app, {
    erasures,
    finder,
    announcer,
    rawTopic: {
      topic: eventsTopic,
      retention: () => readRetention({ kafka, topic: eventsTopic }),
      ends: async () => (await topicOffsets(kafka, eventsTopic)).map(({ high }) => high),
    },
    incarnation: life,
    secret,
    presence,
    changing,
    wake: () => worker?.wake(),
  });
}
