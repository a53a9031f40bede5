import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Redis } from 'ioredis';
import type { Kafka } from 'kafkajs';
import { createActionTable, createSilenceTable } from '../alerts/findings/index.js';
import { openPlaces, type Places } from '../alerts/geo/index.js';
import type { ClickHouseClient } from '../core/clients/clickhouse.js';
import { createStandingList, type StandingList } from '../core/erasure/index.js';
import type { Health } from '../core/health.js';
import type { Logger } from '../core/log.js';
import type { Metrics } from '../core/metrics.js';
import { packageRoot, packageVersion } from '../core/paths.js';
import type { Producer } from '../producer/index.js';
import { createChangeLog } from './alerts/change-log.js';
import { registerAlertRoutes } from './alerts/routes.js';
import { type AlertFeed, createAlertFeed } from './alerts/stream/alert-feed.js';
import { registerAliases } from './aliases.js';
import { createApp } from './app.js';
import { createSignInAttempts } from './auth/attempts/attempts.js';
import { createRefusedKeys, type RefusedKeys } from './auth/attempts/refused-keys.js';
import { registerAuditorRoutes } from './auth/auditors/routes.js';
import type { Authenticator } from './auth/caller.js';
import type { KeyDirectory } from './auth/key-directory.js';
import { createKeyIssuer } from './auth/key-issuer.js';
import { registerKeyRoutes } from './auth/key-routes.js';
import type { KeyUses } from './auth/key-uses.js';
import { registerOidcRoutes } from './auth/oidc/routes.js';
import type { Roles } from './auth/roles/roles.js';
import { registerRoleRoutes } from './auth/roles/routes.js';
import { registerLinkRoutes } from './auth/session/link-routes.js';
import { registerSessionRoutes } from './auth/session/routes.js';
import type { SignIn } from './auth/sign-in.js';
import { type Catalogue, createCatalogue } from './catalogue/catalogue.js';
import { withHiddenActions } from './catalogue/owners-wall.js';
import { registerCatalogueRoutes } from './catalogue/routes.js';
import type { GatewayConfig } from './config.js';
import type { Entitlements } from './entitlements/entitlements.js';
import { registerEntitlementRoutes } from './entitlements/routes.js';
import { registerErasures } from './erasure/register.js';
import { registerExportRoutes } from './export/routes.js';
import { limitChanges } from './http/admission.js';
import type { FrontDoor } from './http/front-door.js';
import { createHttpMetrics } from './http/metrics.js';
import { createPresence, type Presence } from './http/presence.js';
import { createRateLimiter, type RateLimiter } from './http/rate-limiter.js';
import type { Rate } from './http/token-buckets.js';
import { createBatchDoor } from './ingest/batch-door.js';
import { registerBatchRoutes } from './ingest/batch-routes.js';
import { registerEventRoutes } from './ingest/event-routes.js';
import { createIdempotencyStore } from './ingest/idempotency-store.js';
import { createKeyedPublisher } from './ingest/keyed-publisher.js';
import { createIngestMetrics } from './ingest/metrics.js';
import { createRepublisher } from './ingest/republisher.js';
import { createLiveReader } from './live/live-reader.js';
import { createLiveMetrics } from './live/metrics.js';
import { registerLiveRoutes } from './live/routes.js';
import { registerLogRoutes } from './log/routes.js';
import { createVerifiedShards } from './log/verified.js';
import { registerDescription } from './openapi/describe.js';
import { registerDescriptionRoutes } from './openapi/routes.js';
import { readPageFiles } from './page/page-files.js';
import { registerQuarantine } from './quarantine/register.js';
import type { EventQueries } from './query/event-queries.js';
import { registerQueryRoutes } from './query/routes.js';
import type { EventsTable } from './query/scope.js';
import type { OpenRegistry } from './registry/open-registry.js';
import { registerOrganizationRoutes } from './registry/organization-routes.js';
import { registerProducerRoutes } from './registry/producer-routes.js';
import { createRegistrar } from './registry/registrar.js';
import { createSystemLog } from './registry/system-log.js';
import { createPersons } from './views/person.js';
import { registerViewRoutes } from './views/routes.js';
import { createViewTable } from './views/view-table.js';
import { createViews } from './views/views.js';
import { type AccessLog, createAccessLog } from './watch/access-log.js';
import { watchFindings } from './watch/watch-findings.js';
import { registerWatching } from './watch/watching.js';

/** Everything that routes rest on, connected. */
export interface GatewayParts {
  config: GatewayConfig;
  door: FrontDoor;
  health: Health;
  metrics: Metrics;
  log: Logger;
  kafka: Kafka;
  clickhouse: ClickHouseClient;
  database: string;
  redis: Redis;
  registry: OpenRegistry;
  producer: Producer;
  directory: KeyDirectory;
  uses: KeyUses;
  roles: Roles;
  entitlements: Entitlements;
  signIn: SignIn;
  authenticator: Authenticator;
}

/** All routes of the gateway. */
export async function registerRoutes(
  parts: GatewayParts,
): Promise<{ app: FastifyInstance; stopReading: () => Promise<void> }> {
  const { config, door, metrics, log } = parts;
  const http = createHttpMetrics(metrics);
  const catalogue = createCatalogue(parts);
  const authenticator = withHiddenActions(parts.authenticator, catalogue.definitions);
  const limiter = limiterOf(parts, 'requests', config.limits.requestRate);
  const refusedKeys = createRefusedKeys({
    byAddress: limiterOf(parts, 'refused-keys', config.limits.signInRates.address),
    systemLog: createSystemLog(parts),
    metrics,
  });
  const app = createApp({
    server: door.server,
    authenticator,
    refusedKeys,
    publicUrl: config.signIn?.publicUrl,
    trustedProxies: config.trustedProxies,
    limits: config.limits,
    limiter,
    page: readPageFiles(config.pageFolder ?? join(packageRoot(), 'dist', 'console')),
    metrics: http,
    log,
  });
  await registerDescription(app, { version: packageVersion(), sessionCookie: parts.signIn.sessions.cookie.name });
  const accessLog = createAccessLog({ producer: parts.producer, place: config.accessLog, log });
  registerWatching(app, { accessLog });
  app.addHook('onClose', () => accessLog.stop());
  const presence = createPresence({ health: parts.health, publishTimeoutMs: config.limits.publishTimeoutMs });
  registerIngest(app, parts, { presence, catalogue });
  registerAdministration(app, parts, presence);
  const alertFeed = alertFeedOf(parts);
  const standing = createStandingList({ clickhouse: parts.clickhouse, database: parts.database, log });
  app.addHook('onClose', async () => standing.stop());
  const { locate } = openPlaces({ files: config.geoFiles ?? [], onDamage: (message) => log.error(message) });
  const { queries, table, stopReading } = registerReading(
    app,
    { ...parts, authenticator, refusedKeys, accessLog, alertFeed, standing, locate },
    catalogue,
  );
  registerErasures(app, {
    ...parts,
    eventsTopic: config.topics.events,
    audience: config.deployment.audience,
    secret: config.secret,
    standing,
    records: queries.records,
    incarnation: queries.incarnation,
    presence,
    changing: limitChanges(limiterOf(parts, 'changes', config.limits.changeRate)),
    metrics: queries.metrics,
    options: config.erasures,
  });
  registerQuarantine(app, {
    ...parts,
    deployment: config.deployment,
    registry: parts.registry.reader.registry,
    standing,
    incarnation: queries.incarnation,
    presence,
    changing: limitChanges(limiterOf(parts, 'changes', config.limits.changeRate)),
  });
  registerCatalogue(app, parts, { presence, catalogue, table });
  registerViewRoutes(app, {
    views: createViews({ table: createViewTable(parts), persons: createPersons(parts) }),
    changeLog: createChangeLog(parts),
    changing: limitChanges(limiterOf(parts, 'changes', config.limits.changeRate)),
  });
  watchFindings(app, { ...parts, table });
  registerAlertRoutes(app, {
    ...parts,
    audience: config.deployment.audience,
    secret: config.secret,
    alertsTopic: config.alertsTopic,
    alertTargets: config.alertTargets,
    changing: limitChanges(limiterOf(parts, 'changes', config.limits.changeRate)),
    table,
    locate,
  });
  registerLogRoutes(app, { folder: config.logFolder, verified: createVerifiedShards(parts) });
  registerDescriptionRoutes(app);
  return {
    app,
    async stopReading() {
      await Promise.all([stopReading(), alertFeed.stop()]);
    },
  };
}

/** Changes of alerts for those who follow them. */
const alertFeedOf = ({ config, kafka, clickhouse, database, entitlements, log }: GatewayParts): AlertFeed =>
  createAlertFeed({
    kafka,
    topic: config.alertsTopic ?? 'audit.alerts',
    actions: createActionTable({ clickhouse, database }),
    silences: createSilenceTable({ clickhouse, database }),
    entitlements,
    log,
  });

/** What API keys may take at most, of one thing. */
const limiterOf = (
  { config, redis, log }: Pick<GatewayParts, 'config' | 'redis' | 'log'>,
  what: string,
  rate: Rate,
): RateLimiter => createRateLimiter({ redis, audience: config.deployment.audience, what, rate, log });

function registerIngest(
  app: FastifyInstance,
  { config, producer, redis, registry, metrics, log }: GatewayParts,
  { presence, catalogue }: { presence: Presence; catalogue: Catalogue },
): void {
  const { deployment, secret, limits } = config;
  const { audience } = deployment;
  const eventLimiter = limiterOf({ config, redis, log }, 'events', limits.eventRate);
  const shared = { presence, eventLimiter, metrics: createIngestMetrics(metrics) };
  const { partitions, reader } = registry;
  const door = createBatchDoor({ deployment, registry: reader.registry, partitions });
  const republish = createRepublisher({ producer });
  const store = createIdempotencyStore({ redis });
  const publishKeyed = createKeyedPublisher({ store, producer, republish, door, log });
  registerEventRoutes(app, { ...shared, audience, secret, producer, publishKeyed, details: catalogue.details });
  registerBatchRoutes(app, { ...shared, door, republish });
}

/** The deployment's keys and organizations. */
function registerAdministration(
  app: FastifyInstance,
  {
    config,
    producer,
    registry: { reader, writer },
    directory,
    uses,
    roles,
    entitlements,
    signIn,
    redis,
    metrics,
    log,
  }: GatewayParts,
  presence: Presence,
): void {
  const { registry } = reader;
  const systemLog = createSystemLog({ producer, log });
  const registrar = createRegistrar({ registry, writer, rootKeyId: config.deployment.rootKeyId });
  const changing = limitChanges(limiterOf({ config, redis, log }, 'changes', config.limits.changeRate));
  const shared = { registry, registrar, presence, systemLog, changing };
  registerProducerRoutes(app, shared);
  registerOrganizationRoutes(app, shared);
  registerKeyRoutes(app, {
    issuer: createKeyIssuer({ directory, roles }),
    directory,
    uses,
    log,
    presence,
    systemLog,
    changing,
  });
  const { signInRates } = config.limits;
  const attempts = createSignInAttempts({
    byAddress: limiterOf({ config, redis, log }, 'sign-ins', signInRates.address),
    byIdentifier: limiterOf({ config, redis, log }, 'sign-ins-as', signInRates.identifier),
    systemLog,
    metrics,
  });
  registerSessionRoutes(app, { signIn, attempts, systemLog, changing });
  registerEntitlementRoutes(app, { entitlements, systemLog, changing });
  registerRoleRoutes(app, { roles, systemLog, changing });
  registerOidcRoutes(app, { signIn, attempts, systemLog });
  registerAuditorRoutes(app, { signIn, attempts, systemLog, presence, changing });
  registerLinkRoutes(app, { signIn, attempts, systemLog, changing });
}

/** What organizations say of their actions. */
function registerCatalogue(
  app: FastifyInstance,
  { config, producer, redis, log }: GatewayParts,
  { presence, catalogue, table }: { presence: Presence; catalogue: Catalogue; table: EventsTable },
): void {
  const changing = limitChanges(limiterOf({ config, redis, log }, 'changes', config.limits.changeRate));
  const systemLog = createSystemLog({ producer, log });
  registerCatalogueRoutes(app, { ...catalogue, table, presence, systemLog, changing });
}

/** The query routes and the live stream, which share their way to what is stored. */
function registerReading(
  app: FastifyInstance,
  {
    config,
    kafka,
    clickhouse,
    database,
    registry,
    authenticator,
    accessLog,
    alertFeed,
    entitlements,
    health,
    metrics,
    log,
    standing,
    refusedKeys,
    locate,
  }: GatewayParts & {
    accessLog: AccessLog;
    alertFeed: AlertFeed;
    standing: StandingList;
    refusedKeys: RefusedKeys;
    locate: Places['locate'];
  },
  { details }: Catalogue,
): { queries: EventQueries; table: EventsTable; stopReading: () => Promise<void> } {
  const { deployment, topics } = config;
  const stored = {
    clickhouse,
    database,
    deployment,
    registryReader: registry.reader,
    eventsTopic: topics.events,
  };
  const queries = registerQueryRoutes(app, {
    ...stored,
    metrics,
    details,
    logFolder: config.logFolder,
    ...(config.timestampRoots ? { timestampRoots: config.timestampRoots } : {}),
    persistentLogging: async (scope) => (await entitlements.view()).persistentLogging(scope),
    countryOf: (ip) => locate(ip)?.country,
  });
  const sendExport = registerExportRoutes(app, { queries, entitlements, metrics, log });
  registerAliases(app, { queries, sendExport });
  const { history, table } = queries;
  const liveMetrics = createLiveMetrics(metrics);
  const liveReader = createLiveReader({ ...stored, kafka, standing, metrics: liveMetrics, health, log });
  registerLiveRoutes(app, {
    history,
    liveReader,
    alertFeed,
    authenticator,
    accessLog,
    refusedKeys,
    trustedProxies: config.trustedProxies,
    metrics: liveMetrics,
    log,
  });
  return { queries, table, stopReading: () => liveReader.stop() };
}
