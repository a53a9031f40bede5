import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import { packageRoot } from '../../services/core/paths.js';
import { type CliRun, type CliSetting, cli } from './cli.js';
import { createTestKafka, stackFromEnv, uniqueName } from './stack.js';
import { freePort, killInstance, startInstance, temporaryFolder } from './stack-instance.js';

/** Consumer and gateway as `npm start` runs them, on the parts of the test run, with topics and a database of their own. */
export interface RunningInstance {
  readonly url: string;
  readonly dataDir: string;
  /** Bound to the instance's database. */
  readonly clickhouse: ClickHouseClient;
  /** Runs the command line against the instance, as somebody who stands beside its data folder. */
  cli(args: readonly string[], setting?: CliSetting): Promise<CliRun>;
  rows<T>(query: string): Promise<T[]>;
  stop(): Promise<void>;
}

export async function startRunningInstance(): Promise<RunningInstance> {
  const stack = stackFromEnv();
  const folder = temporaryFolder();
  const dataDir = join(folder.path, 'data');
  const topics = [
    uniqueName('audit.events', '.'),
    uniqueName('audit.registry', '.'),
    uniqueName('audit.alerts', '.'),
  ] as const;
  const database = uniqueName('test');
  const instance = startInstance({
    file: join(packageRoot(), 'dist/infra/local/main.js'),
    dataDir,
    env: {
      ...process.env,
      KAFKA_BROKERS: stack.kafkaBrokers.join(','),
      CLICKHOUSE_URL: stack.clickhouseUrl,
      REDIS_URL: stack.redisUrl,
      CLICKHOUSE_DATABASE: database,
      SEALSTREAM_PORT: String(await freePort()),
      SEALSTREAM_EVENTS_TOPIC: topics[0],
      SEALSTREAM_REGISTRY_TOPIC: topics[1],
      SEALSTREAM_ALERTS_TOPIC: topics[2],
    },
  });
  const url = await instance.ready().catch(async (error) => {
    await killInstance({ instance, dataDir });
    folder.remove();
    throw error;
  });
  const env = parseEnv(readFileSync(join(dataDir, 'env'), 'utf8'));
  const clickhouse = createClient({ url: env.CLICKHOUSE_URL!, database });

  const rows = async <T>(query: string): Promise<T[]> =>
    (await clickhouse.query({ query, format: 'JSONEachRow' })).json<T>() as Promise<T[]>;
  return {
    url,
    dataDir,
    clickhouse,
    cli: (args, setting = {}) => cli(args, { ...setting, env: { SEALSTREAM_DATA: dataDir, ...setting.env } }),
    rows,
    async stop() {
      instance.process.kill('SIGTERM');
      await instance.exited();
      await killInstance({ instance, dataDir });
      await clickhouse.command({ query: `DROP DATABASE IF EXISTS ${database} SYNC` });
      await clickhouse.close();
      const admin = createTestKafka().admin();
      await admin.connect();
      await admin.deleteTopics({ topics: [...topics] });
      await admin.disconnect();
      folder.remove();
    },
  };
}
