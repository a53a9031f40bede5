import type { FastifyInstance } from 'fastify';
import type { GatewayConfig } from '../config.js';
import { createBatchDoor } from '../ingest/batch-door.js';
import { createIdempotencyStore } from '../ingest/idempotency-store.js';
import { createKeyedPublisher } from '../ingest/keyed-publisher.js';
import { createRepublisher } from '../ingest/republisher.js';
import type { EventsTable } from '../query/scope.js';
import { gatewayProducerId } from '../registry/open-registry.js';
import type { GatewayParts } from '../routes.js';
import { createFindingsTable } from './findings-table.js';
import { defaultFindingsWatch, startFindingsWatch } from './findings-watch.js';
import { createReportPublisher, createVerificationReports } from './log-reports.js';
import { defaultVerificationWatch, startVerificationWatch } from './verification-watch.js';

/** Tells of gaps, of two histories and of what does not verify in the system scope, while the app is open. */
export function watchFindings(
  app: FastifyInstance,
  {
    config,
    clickhouse,
    database,
    redis,
    registry,
    producer,
    metrics,
    log,
    table,
  }: Pick<GatewayParts, 'clickhouse' | 'database' | 'redis' | 'registry' | 'producer' | 'metrics' | 'log'> & {
    config: Pick<GatewayConfig, 'deployment' | 'topics' | 'secret' | 'findingsWatch'>;
    table: EventsTable;
  },
): void {
  const { deployment, topics, secret } = config;
  const { audience } = deployment;
  const current = () => registry.reader.registry.incarnation(topics.events)!;
  const door = createBatchDoor({ deployment, registry: registry.reader.registry, partitions: registry.partitions });
  const publishKeyed = createKeyedPublisher({
    store: createIdempotencyStore({ redis }),
    producer,
    republish: createRepublisher({ producer }),
    door,
    log,
  });
  const publish = createReportPublisher({ publishKeyed, table, audience, secret });
  const incarnation = current().id;
  const watch = startFindingsWatch({
    findings: createFindingsTable({ clickhouse, database, incarnation }),
    publish,
    redis,
    audience,
    incarnation: incarnation.toString('hex'),
    partitions: () => Math.max(registry.partitions, current().partitions),
    self: gatewayProducerId,
    settings: { ...defaultFindingsWatch, ...config.findingsWatch },
    metrics,
    log,
  });
  const verification = startVerificationWatch({
    clickhouse,
    database,
    publish: createVerificationReports(publish),
    redis,
    audience,
    settings: { ...defaultVerificationWatch, ...config.findingsWatch },
    log,
  });
  app.addHook('preClose', async () => {
    await Promise.all([watch.stop(), verification.stop()]);
  });
}
