// Delivers what is queued for a deployment, until it is killed. Argument: JSON of {database, audience, secret, clickhouseUrl}.
import { createClient } from '@clickhouse/client';
import { openNotifications } from './notifying.js';

const { database, audience, secret, clickhouseUrl } = JSON.parse(process.argv[2] ?? '{}') as Record<string, string>;
const clickhouse = createClient({ url: clickhouseUrl!, database: database! });
const notifications = openNotifications({
  db: { clickhouse, database: database! },
  audience: audience!,
  secret: Buffer.from(secret!, 'hex'),
  limits: { attemptTimeoutMs: 30_000 },
});
notifications.start();
process.stdout.write('delivering\n');
