import type { FastifyInstance, preHandlerAsyncHookHandler } from 'fastify';
import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import type { StandingList } from '../../core/erasure/index.js';
import type { Deployment } from '../../core/judge/index.js';
import type { Logger } from '../../core/log.js';
import type { Registry } from '../../core/registry/index.js';
import type { Producer } from '../../producer/index.js';
import { createErasureTable } from '../erasure/erasure-table.js';
import type { Presence } from '../http/presence.js';
import { createLoneJudge } from '../ingest/lone-judge.js';
import { createSystemLog } from '../registry/system-log.js';
import { createDecisions } from './decisions.js';
import { createReleasing } from './release.js';
import { registerQuarantineRoutes } from './routes.js';
import { createQuarantineTable } from './table.js';

/** The quarantine: what was refused, to be looked at, released and discarded. */
export function registerQuarantine(
  app: FastifyInstance,
  {
    clickhouse,
    database,
    deployment,
    registry,
    standing,
    producer,
    incarnation,
    presence,
    changing,
    log,
  }: {
    clickhouse: ClickHouseClient;
    database: string;
    deployment: Deployment;
    registry: Registry;
    standing: StandingList;
    producer: Producer;
    incarnation: () => Buffer | undefined;
    presence: Presence;
    changing: preHandlerAsyncHookHandler;
    log: Logger;
  },
): void {
  const table = createQuarantineTable({ clickhouse, database });
  const erasures = createErasureTable({ clickhouse, database });
  const releasing = createReleasing({
    table,
    decisions: createDecisions({ clickhouse }),
    judge: createLoneJudge({ deployment, registry, erasures: standing.has }),
    standing,
    erasuresUnderWay: async () => (await erasures.open()).length > 0,
    producer,
    presence,
    incarnation: () => incarnation()?.toString('hex') ?? '',
    log,
  });
  registerQuarantineRoutes(app, { table, releasing, systemLog: createSystemLog({ producer, log }), changing });
}
