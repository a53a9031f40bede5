import type { Redis } from 'ioredis';
import type { Admin, Kafka } from 'kafkajs';
import type { ClickHouseClient } from '../core/clients/clickhouse.js';
import type { Topics } from '../core/deployment.js';
import type { Probe } from './http/part-watch.js';

/** Kafka is there when every partition of both topics has a leader. */
export function createKafkaProbe({ kafka, topics }: { kafka: Kafka; topics: Topics }): {
  probe: Probe;
  close(): Promise<void>;
} {
  let admin: Admin | undefined;
  let closed = false;
  return {
    async probe() {
      // Taken out while it is asked: a question that comes back late holds up no other.
      const asked = admin ?? kafka.admin({ retry: { retries: 0 } });
      const isNew = admin === undefined;
      admin = undefined;
      try {
        if (isNew) await asked.connect();
        const { topics: found } = await asked.fetchTopicMetadata({ topics: [topics.events, topics.registry] });
        for (const { name, partitions } of found) {
          const leaderless = partitions.find(({ leader }) => leader < 0);
          if (leaderless) throw new Error(`partition ${leaderless.partitionId} of ${name} has no leader`);
        }
        if (closed || admin) await asked.disconnect();
        else admin = asked;
      } catch (error) {
        await asked.disconnect().catch(() => {});
        throw error;
      }
    },
    async close() {
      closed = true;
      await admin?.disconnect();
    },
  };
}

export const clickhouseProbe =
  ({ clickhouse, database }: { clickhouse: ClickHouseClient; database: string }): Probe =>
  async () => {
    for (const table of ['batches', 'api_keys']) {
      await clickhouse.command({
        query: 'SELECT 1 FROM {database:Identifier}.{table:Identifier} LIMIT 0',
        query_params: { database, table },
      });
    }
  };

export const redisProbe =
  (redis: Redis): Probe =>
  () =>
    redis.ping();
