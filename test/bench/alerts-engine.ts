// The engine of alerts of the bench, with its notifiers, as a process of its own. Says `ready`, and what it judged when it is asked.
import { Redis } from 'ioredis';
import { createTelling } from '../../services/alerts/engine/telling.js';
import { createActionTable, createSilenceTable } from '../../services/alerts/findings/index.js';
import { createNotifications } from '../../services/alerts/notify/index.js';
import { createClickHouse } from '../../services/core/clients/clickhouse.js';
import { createLogger } from '../../services/core/log.js';
import { createMetrics } from '../../services/core/metrics.js';
import { type EngineConfig, startTestEngine } from '../support/alert-engine.js';

export interface BenchEngine {
  config: EngineConfig;
  /** Where alerts are told; nowhere where absent. */
  webhook?: string;
}

export interface BenchReport {
  events: number;
  matches: number;
  tried: number;
  hits: number;
  findings: number;
  matchSeconds: number;
}

const { config, webhook } = JSON.parse(process.argv[2]!) as BenchEngine;
const { database } = config;
const clickhouse = createClickHouse({ url: new URL(config.clickhouseUrl), database });
const notifications = createNotifications({
  clickhouse,
  database,
  redis: new Redis(config.redisUrl),
  audience: config.audience,
  secret: Buffer.alloc(32, 1),
  policy: { allowedBlocks: ['127.0.0.0/8'], allowHttp: true },
  log: createLogger('notify', 'error'),
  metrics: createMetrics('notify', { process: false }),
});
if (webhook) {
  const settings = { url: webhook, secret: 'bench-secret-bench-secret-bench-0' };
  const channel = { name: 'bench', kind: 'webhook', messages_per_minute: 600, settings };
  await notifications.channels.create('acme', channel, 'bench');
}
notifications.start();
const engine = await startTestEngine(config, {
  level: 'error',
  people: (known) =>
    createTelling({
      ...known,
      notifications,
      actions: createActionTable({ clickhouse, database }),
      silences: createSilenceTable({ clickhouse, database }),
      log: createLogger('telling', 'error'),
      linkOf: ({ id }) => `http://127.0.0.1/alerts/${id}`,
    }),
});
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
process.on('message', async () => {
  const report: BenchReport = {
    events: await engine.metric('alerts_events_total'),
    matches: await engine.metric('alerts_matches_total'),
    tried: await engine.metric('alerts_detections_tried'),
    hits: await engine.metric('alerts_hits_total'),
    findings: await engine.metric('alerts_findings_total'),
    matchSeconds: await engine.metric('alerts_match_seconds_total'),
  };
  process.send!(report);
});
process.send!('ready');
