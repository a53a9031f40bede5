import { randomBytes } from 'node:crypto';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import { Kafka, logLevel } from 'kafkajs';
import { migrate, migrationsFolder } from '../../infra/clickhouse/migrate.js';
import { ensureTopics, eventsTopic, registryTopic } from '../../infra/kafka/topics.js';

export { startEmbedded } from '../../infra/local/embedded.js';

/** Where the real parts of this test run answer. `npm test` starts them and sets these. */
export interface Stack {
  readonly kafkaBrokers: string[];
  readonly clickhouseUrl: string;
  readonly redisUrl: string;
}

function address(variable: string): string {
  const value = process.env[variable];
  if (value) return value;
  throw new Error(`${variable} is not set. Run this test by \`npm test -- NAME\`, which starts the parts.`);
}

/** Each address is looked up when read, so that a test needs only the parts that it uses. */
export const stackFromEnv = (): Stack => ({
  get kafkaBrokers() {
    return address('KAFKA_BROKERS').split(',');
  },
  get clickhouseUrl() {
    return address('CLICKHOUSE_URL');
  },
  get redisUrl() {
    return address('REDIS_URL');
  },
});

/** A name that no other test has: `prefix_1f2e3d4c5b6a`. */
export const uniqueName = (prefix: string, separator = '_'): string =>
  `${prefix}${separator}${randomBytes(6).toString('hex')}`;

export const createTestKafka = (brokers: string[] = stackFromEnv().kafkaBrokers): Kafka =>
  new Kafka({ clientId: uniqueName('test', '-'), brokers, logLevel: logLevel.NOTHING });

export interface TestTopics {
  readonly events: string;
  readonly registry: string;
  readonly partitions: number;
  remove(): Promise<void>;
}

/** A pair of topics of one's own, made as the supervisor makes the real ones. */
export async function createTestTopics({
  partitions = 4,
  kafka = createTestKafka(),
}: {
  partitions?: number;
  kafka?: Kafka;
} = {}): Promise<TestTopics> {
  const events = uniqueName('audit.events', '.');
  const registry = uniqueName('audit.registry', '.');
  const withAdmin = async <T>(work: (admin: ReturnType<Kafka['admin']>) => Promise<T>): Promise<T> => {
    const admin = kafka.admin();
    await admin.connect();
    try {
      return await work(admin);
    } finally {
      await admin.disconnect();
    }
  };
  const plans = [eventsTopic({ topic: events, partitions }), registryTopic({ topic: registry })];
  await withAdmin((admin) => ensureTopics({ admin, topics: plans }));
  const remove = () => withAdmin((admin) => admin.deleteTopics({ topics: [events, registry] }));
  return { events, registry, partitions, remove };
}

export interface TestDatabase {
  readonly database: string;
  /** Bound to the database. */
  readonly clickhouse: ClickHouseClient;
  readonly clickhouseUrl: string;
  /** Drops the database and closes the client. */
  remove(): Promise<void>;
}

/** A migrated database of one's own. */
export async function createTestDatabase({
  clickhouseUrl = stackFromEnv().clickhouseUrl,
}: {
  clickhouseUrl?: string;
} = {}): Promise<TestDatabase> {
  const database = uniqueName('test');
  const clickhouse = createClient({ url: clickhouseUrl, database });
  await migrate({ clickhouseUrl, database, directory: migrationsFolder });
  return {
    database,
    clickhouse,
    clickhouseUrl,
    async remove() {
      await clickhouse.command({ query: `DROP DATABASE IF EXISTS ${database} SYNC` });
      await clickhouse.close();
    },
  };
}

/** As merges do, part by part, so that a query leaves out the parts whose indexes say that they hold nothing of what it asks. */
export async function buildIndexes(clickhouse: ClickHouseClient): Promise<void> {
  const result = await clickhouse.query({
    query: `SELECT name FROM system.data_skipping_indices WHERE database = currentDatabase() AND table = 'events'`,
    format: 'JSONEachRow',
  });
  for (const { name } of await result.json<{ name: string }>()) {
    await clickhouse.command({ query: `ALTER TABLE events MATERIALIZE INDEX ${name} SETTINGS mutations_sync = 2` });
  }
}
