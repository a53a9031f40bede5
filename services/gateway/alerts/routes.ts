import type { FastifyInstance, preHandlerAsyncHookHandler } from 'fastify';
import type { Redis } from 'ioredis';
import type { Kafka } from 'kafkajs';
import { createActionTable, createFindingTable, createSilenceTable } from '../../alerts/findings/index.js';
import { createNotifications, strictPolicy, type TargetPolicy } from '../../alerts/notify/index.js';
import { createRuleTable } from '../../alerts/rule-texts/index.js';
import type { Locate } from '../../alerts/windows/index.js';
import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import type { Logger } from '../../core/log.js';
import type { Metrics } from '../../core/metrics.js';
import type { Producer } from '../../producer/index.js';
import type { Entitlements } from '../entitlements/entitlements.js';
import { requireEntitlement } from '../entitlements/require.js';
import type { EventsTable } from '../query/scope.js';
import { createAlerts } from './alerts/alerts.js';
import { registerAlertsRoutes } from './alerts/routes.js';
import { registerBacktestRoutes } from './backtest/routes.js';
import { createChangeLog } from './change-log.js';
import { registerChannelRoutes } from './channels/routes.js';
import { createAlertPublisher } from './publisher.js';
import { registerRuleRoutes } from './rules/routes.js';
import { createRuleSets, createTextReader } from './rules/rule-sets.js';
import { createRules } from './rules/rules.js';
import { registerSilenceRoutes } from './silences/routes.js';

export interface AlertRouteParts {
  clickhouse: ClickHouseClient;
  database: string;
  redis: Redis;
  kafka: Kafka;
  producer: Pick<Producer, 'send'>;
  entitlements: Entitlements;
  audience: string;
  secret: Buffer;
  alertsTopic?: string | undefined;
  alertTargets?: TargetPolicy | undefined;
  changing: preHandlerAsyncHookHandler;
  /** The way to the events, for backtests. */
  table: EventsTable;
  /** Where addresses are, for backtests. */
  locate?: Locate | undefined;
  metrics: Metrics;
  log: Logger;
}

/** Everything about alerts: what was found, rules, silences, channels. */
export function registerAlertRoutes(
  app: FastifyInstance,
  {
    clickhouse,
    database,
    redis,
    kafka,
    producer,
    entitlements,
    audience,
    secret,
    alertsTopic = 'audit.alerts',
    alertTargets = strictPolicy,
    changing,
    table: events,
    locate,
    metrics,
    log,
  }: AlertRouteParts,
): void {
  const stored = { clickhouse, database };
  const table = createRuleTable(stored);
  const sets = createRuleSets({ table });
  const readText = createTextReader();
  const silences = createSilenceTable(stored);
  const publisher = createAlertPublisher({ kafka, topic: alertsTopic, log });
  app.addHook('onClose', () => publisher.stop());
  const shared = {
    alerts: createAlerts({
      findings: createFindingTable(stored),
      actions: createActionTable(stored),
      silences,
    }),
    publish: publisher.publish,
    changeLog: createChangeLog({ producer, log }),
    entitled: requireEntitlement(entitlements, 'alerts'),
    changing,
  };
  const notifications = createNotifications({
    ...stored,
    redis,
    audience,
    secret,
    policy: alertTargets,
    log,
    metrics,
  });
  registerAlertsRoutes(app, shared);
  registerRuleRoutes(app, { ...shared, table, sets, readText, rules: createRules({ table, sets, readText }) });
  registerBacktestRoutes(app, { ...shared, table: events, ruleTable: table, sets, readText, locate });
  registerSilenceRoutes(app, { ...shared, silences });
  registerChannelRoutes(app, { ...shared, notifications });
}
