import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import { createClient } from '@clickhouse/client';
import type { TestConsumer } from './delivering.js';
import {
  type AnyFields,
  createGatewayWorld,
  type GatewayWorld,
  startTestGateway,
  type TestGateway,
} from './gateway.js';
import { startConsumerOf } from './gateway-consumer.js';
import { uniqueName } from './stack.js';

/** Small waits: ClickHouse deletes replaced files after a second, and the worker does not dawdle. */
export const quickErasures = { settleMs: 500, pollMs: 100, everyMs: 1_000, lockMs: 1_500 };

export interface ErasingWorld extends GatewayWorld {
  gateway: TestGateway;
  /** Of the group `group`. */
  consumer: TestConsumer;
  group: string;
  clickhouse: ClickHouseClient;
  rows<T = AnyFields>(query: string): Promise<T[]>;
  /** Publishes events through the API and waits until they are stored; their ids. */
  publish(events: AnyFields[], options?: { stored?: boolean }): Promise<string[]>;
  /** Waits until events are stored. */
  published(ids: readonly string[]): Promise<void>;
  /** Publishes a record by this producer, whatever becomes of it, and waits until it is stored. */
  send(value: Buffer): Promise<{ partition: number; offset: number }>;
  /** Asks for an erasure; its id. */
  erase(body: AnyFields): Promise<string>;
  /** Waits until an erasure is in a state. */
  until(id: string, state?: string): Promise<AnyFields>;
  /** Has ClickHouse delete replaced files until something has happened. */
  hurrying(until: Promise<unknown>): Promise<void>;
  verdict(id: string): Promise<AnyFields>;
  close(): Promise<void>;
}

/** A gateway with erasures, and a consumer that stores what it publishes. */
export async function createErasingWorld({
  partitions = 2,
  works = true,
}: {
  partitions?: number;
  works?: boolean;
} = {}): Promise<ErasingWorld> {
  const world = await createGatewayWorld({ partitions });
  world.config.erasures = { ...quickErasures, works };
  const { clickhouseUrl, clickhouseDatabase: database } = world.config.addresses;
  const clickhouse = createClient({ url: clickhouseUrl, database });
  const tables = ['events', 'batches', 'quarantine', 'alert_findings', 'erasures'];
  for (const table of tables) {
    await clickhouse.command({ query: `ALTER TABLE ${table} MODIFY SETTING old_parts_lifetime = 0` });
  }
  /** ClickHouse deletes replaced files when it looks for merges, ever more seldom while nothing happens; and with this, of a month that is not there. */
  const hurry = async (): Promise<void> => {
    for (const table of tables.slice(0, 3)) {
      await clickhouse.command({ query: `ALTER TABLE ${table} DROP PARTITION ID '190001'` });
    }
    for (const table of tables.slice(3)) {
      await clickhouse.command({ query: `ALTER TABLE ${table} DROP PARTITION ID 'none'` }).catch(() => {});
    }
  };
  const gateway = await startTestGateway(world, { level: process.env.SEALSTREAM_TEST_LOG ?? 'silent' });
  const group = uniqueName('consumer', '-');
  const rows: ErasingWorld['rows'] = async (query) => {
    const result = await clickhouse.query({
      query,
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    });
    return result.json();
  };
  const stored = async (ids: readonly string[]): Promise<void> => {
    const list = ids.map((id) => `'${id}'`).join(', ');
    for (let looks = 0; looks < 600; looks += 1) {
      const [found] = await rows<{ events: number }>(`SELECT count() AS events FROM events
         WHERE id IN (${list}) AND (partition, offset) IN (SELECT partition, offset FROM batches)`);
      if (found!.events === ids.length) return;
      await sleep(50);
    }
    throw new Error('the events are not stored');
  };
  const raw = world.kafka.producer();
  await raw.connect();
  const erasing: ErasingWorld = {
    ...world,
    gateway,
    consumer: await startConsumerOf(world, group),
    group,
    published: stored,
    clickhouse,
    rows,
    async publish(events, { stored: wait = true } = {}) {
      const answer = await gateway.call('POST', '/api/audit/events', { body: events });
      assert.equal(answer.status, 202, JSON.stringify(answer.body));
      if (wait) await stored(answer.body.ids);
      return answer.body.ids;
    },
    async erase(body) {
      const answer = await gateway.call('POST', '/api/erasures', {
        body: { legal_basis: 'GDPR Art. 17(1)(b)', parts: 'identity', ...body },
      });
      assert.equal(answer.status, 202, JSON.stringify(answer.body));
      return answer.body.id;
    },
    async until(id, state = 'done') {
      for (let looks = 0; ; looks += 1) {
        const { body } = await gateway.call('GET', `/api/erasures/${id}`);
        if (body.state === state) return body;
        if (looks % 5 === 4) await hurry();
        if (looks > 300) throw new Error(`the erasure does not become ${state}: ${JSON.stringify(body)}`);
        await sleep(100);
      }
    },
    async send(value) {
      const [sent] = await raw.send({ topic: world.config.topics.events, messages: [{ partition: 0, value }] });
      const place = { partition: 0, offset: Number(sent!.baseOffset) };
      for (let looks = 0; looks < 600; looks += 1) {
        const found = await rows(`SELECT 1 FROM batches WHERE partition = 0 AND offset = ${place.offset}`);
        if (found.length > 0) return place;
        await sleep(50);
      }
      throw new Error('the record is not stored');
    },
    async hurrying(until) {
      let over = false;
      void until.then(() => {
        over = true;
      });
      for (let looks = 0; !over && looks < 120; looks += 1) {
        await hurry();
        await sleep(500);
      }
    },
    verdict: async (id) => (await gateway.call('GET', `/api/audit/${id}/verify`)).body,
    async close() {
      await erasing.consumer.stop();
      await gateway.stop();
      await raw.disconnect();
      await clickhouse.close();
      await world.remove();
    },
  };
  return erasing;
}

/** The files below a folder that hold any of the texts, whatever is written beside them. */
export function filesHolding(folder: string, texts: readonly string[]): string[] {
  const needles = texts.map((text) => Buffer.from(text));
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => {
      try {
        const bytes = readFileSync(file);
        return needles.some((needle) => bytes.includes(needle));
      } catch {
        // Deleted meanwhile.
        return false;
      }
    });
}
