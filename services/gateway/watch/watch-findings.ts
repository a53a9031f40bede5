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
import { createReportPublisher, createVerificationReports, type PublishVerificationFailure } from './log-reports.js';

/**
 * Tells of gaps and of two histories in the system scope as soon as they are stored, while the app is open. Gives whoever verifies what is
 * stored the way to tell there, too.
 */
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
): { publishVerificationFailure: PublishVerificationFailure } {
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
  app.addHook('preClose', () => watch.stop());
  return { publishVerificationFailure: createVerificationReports(publish) };
}
