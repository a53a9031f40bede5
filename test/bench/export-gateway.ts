// A process that serves exports and nothing else, so that its memory is theirs. Started by export.ts.
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { createClickHouse } from '../../services/core/clients/clickhouse.js';
import { createDeployment } from '../../services/core/deployment.js';
import { createLogger } from '../../services/core/log.js';
import { createMetrics } from '../../services/core/metrics.js';
import type { RegistryReader } from '../../services/core/reading/index.js';
import type { Caller } from '../../services/gateway/auth/caller.js';
import { registerExportRoutes } from '../../services/gateway/export/routes.js';
import { createEventQueries } from '../../services/gateway/query/event-queries.js';
import { createQueryMetrics } from '../../services/gateway/query/metrics.js';
import { audience, newKey } from '../support/judging.js';

const { url, database, incarnation } = JSON.parse(process.argv[2]!) as Record<string, string>;
const metrics = createMetrics('bench', { process: false });
const app = Fastify();
app.decorateRequest('caller', null as never);
app.addHook('onRequest', async (request) => {
  request.caller = {
    keyId: request.id,
    name: 'bench',
    organizations: '*',
    permissions: new Set(['admin']),
  } as unknown as Caller;
});
const queries = createEventQueries({
  clickhouse: createClickHouse({ url: new URL(url!), database: database! }),
  database: database!,
  deployment: createDeployment(audience, newKey().publicKey),
  registryReader: {
    registry: { incarnation: () => ({ id: Buffer.from(incarnation!, 'hex') }) },
  } as unknown as RegistryReader,
  eventsTopic: 'events',
  metrics: createQueryMetrics(metrics),
});
registerExportRoutes(app, { queries, metrics, log: createLogger('bench', 'info') });
await app.listen({ host: '127.0.0.1', port: 0 });
process.send!((app.server.address() as AddressInfo).port);
process.on('disconnect', () => process.exit(0));
