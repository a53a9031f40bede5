import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { createActionTable, createSilenceTable } from '../../services/alerts/findings/index.js';
import { createClickHouse } from '../../services/core/clients/clickhouse.js';
import { createKafka } from '../../services/core/clients/kafka.js';
import { createDeployment } from '../../services/core/deployment.js';
import { createHealth } from '../../services/core/health.js';
import { createLogger } from '../../services/core/log.js';
import { createMetrics } from '../../services/core/metrics.js';
import { createRegistryReader } from '../../services/core/reading/index.js';
import { createAlertFeed } from '../../services/gateway/alerts/stream/alert-feed.js';
import { registerAliases } from '../../services/gateway/aliases.js';
import type { Authenticator, Caller, Permission } from '../../services/gateway/auth/caller.js';
import { createSettings } from '../../services/gateway/auth/settings.js';
import { createEntitlements, readEntitlement } from '../../services/gateway/entitlements/entitlements.js';
import { Problem, problemKinds, problemType } from '../../services/gateway/errors.js';
import type { ExportLimits } from '../../services/gateway/export/limits.js';
import { registerExportRoutes } from '../../services/gateway/export/routes.js';
import type { StreamLimits } from '../../services/gateway/live/limits.js';
import { createLiveReader } from '../../services/gateway/live/live-reader.js';
import { createLiveMetrics } from '../../services/gateway/live/metrics.js';
import { registerLiveRoutes } from '../../services/gateway/live/routes.js';
import { registerLogRoutes } from '../../services/gateway/log/routes.js';
import { registerQueryRoutes } from '../../services/gateway/query/routes.js';
import type { QueryLimits } from '../../services/gateway/query/scope.js';
import type { DeliveryConfig } from './delivering.js';
import { uniqueName } from './stack.js';

/** Keys that a test gives out and takes back, in memory. */
export function createTestKeys(): Authenticator & {
  add(key: string, organizations: Caller['organizations'], permissions?: Permission[]): void;
  revoke(key: string): void;
} {
  const keys = new Map<string, Caller>();
  const ofKey = async (key: string): Promise<Caller> => {
    const caller = keys.get(key);
    if (!caller) throw new Problem('unauthenticated', 'the API key is not known or was revoked');
    return caller;
  };
  return {
    ofKey,
    ofHeaders: ({ authorization = '', 'x-api-key': apiKey }) =>
      ofKey(String(apiKey ?? String(authorization).replace(/^Bearer /, ''))),
    add(key, organizations, permissions = ['view:audit_logs']) {
      keys.set(key, { keyId: key, name: key, organizations, permissions: new Set(permissions) });
    },
    revoke: (key) => void keys.delete(key),
  };
}

/** The gateway's reading half on a port of its own: query and stream, with keys in memory. */
export async function startQueryGateway(
  config: DeliveryConfig,
  {
    limits = {},
    maxLiveBytes,
    queryLimits,
    exportLimits = {},
    alertsTopic,
    logFolder,
    level = 'silent',
  }: {
    /** Of the transparency log, where a sealer writes one. */
    logFolder?: string;
    limits?: Partial<StreamLimits>;
    maxLiveBytes?: number;
    queryLimits?: QueryLimits;
    exportLimits?: Partial<ExportLimits>;
    /** Of changes of alerts; none are to be followed where absent. */
    alertsTopic?: string;
    level?: string;
  } = {},
) {
  const log = createLogger('gateway', level);
  const { brokers, database, topics } = config;
  const kafka = createKafka({ brokers, clientId: uniqueName('gateway', '-'), log });
  const clickhouse = createClickHouse({ url: new URL(config.clickhouseUrl), database });
  const deployment = createDeployment(config.audience, Buffer.from(config.rootPublicKey, 'base64'));
  const registryReader = await createRegistryReader({ kafka, topic: topics.registry, deployment, log });
  const metrics = createMetrics('gateway', { process: false });
  const health = createHealth(['live']);
  const keys = createTestKeys();
  keys.add('admin', '*', ['admin']);

  const app = Fastify();
  app.decorateRequest('caller', null as never);
  app.addHook('onRequest', async (request) => {
    if (!request.routeOptions.config.public) request.caller = await keys.ofHeaders(request.headers);
  });
  app.setErrorHandler((error, _, reply) => {
    const problem = error instanceof Problem ? error : new Problem('internal', String(error));
    const { status, title } = problemKinds[problem.kind];
    const body = { type: problemType(problem.kind), title, status, detail: problem.message, errors: problem.errors };
    return reply.status(status).headers(problem.headers).type('application/problem+json').send(body);
  });
  const queries = registerQueryRoutes(app, {
    clickhouse,
    database,
    deployment,
    registryReader,
    eventsTopic: topics.events,
    metrics,
    ...(logFolder === undefined ? {} : { logFolder }),
    ...(queryLimits ? { limits: queryLimits } : {}),
  });
  registerLogRoutes(app, { folder: logFolder, verified: async () => new Map() });
  const sendExport = registerExportRoutes(app, { queries, metrics, log, limits: exportLimits });
  registerAliases(app, { queries, sendExport });
  const liveMetrics = createLiveMetrics(metrics);
  const liveReader = createLiveReader({
    kafka,
    clickhouse,
    database,
    eventsTopic: topics.events,
    deployment,
    registryReader,
    metrics: liveMetrics,
    health,
    log,
    ...(maxLiveBytes === undefined ? {} : { maxBytes: maxLiveBytes }),
  });
  const stored = { clickhouse, database, log };
  const alertFeed =
    alertsTopic === undefined
      ? undefined
      : createAlertFeed({
          ...stored,
          kafka,
          topic: alertsTopic,
          actions: createActionTable(stored),
          silences: createSilenceTable(stored),
          entitlements: createEntitlements({
            settings: createSettings({ ...stored, kind: 'entitlement', read: readEntitlement }),
          }),
        });
  registerLiveRoutes(app, {
    alertFeed,
    history: queries.history,
    liveReader,
    authenticator: keys,
    metrics: liveMetrics,
    limits,
    log,
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    streamUrl: `ws://127.0.0.1:${port}/api/audit/stream`,
    keys,
    health,
    liveReader,
    metrics: () => metrics.registry.metrics(),
    /** GET a path with a key; the body as it came. */
    async get<T = Record<string, unknown>>(path: string, key = 'admin', headers: Record<string, string> = {}) {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { 'x-api-key': key, ...headers } });
      return { status: answer.status, body: (await answer.json()) as T, headers: answer.headers };
    },
    async post<T = Record<string, unknown>>(path: string, body: unknown, key = 'admin') {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
        method: 'POST',
        headers: { 'x-api-key': key, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return { status: answer.status, body: (await answer.json()) as T };
    },
    async stop() {
      await app.close();
      await Promise.all([liveReader.stop(), alertFeed?.stop()]);
      await registryReader.stop();
      await clickhouse.close();
    },
  };
}

export type QueryGateway = Awaited<ReturnType<typeof startQueryGateway>>;
