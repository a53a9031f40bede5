import assert from 'node:assert/strict';
import { tables } from '../../services/consumer/blocks/index.js';
import { sha256 } from '../../services/core/seal/index.js';
import { type EventParts, formatUuid } from '../../services/core/wire/index.js';
import type { DeliveryWorld } from './delivering.js';
import { judgeRecords, readAll } from './producing.js';
import { uniqueName } from './stack.js';

const idOf = ({ body }: EventParts): string => formatUuid(body.subarray(0, 16));

/** What was published, and so what the tables must hold, each once. */
export function createLedger() {
  const values: { partition: number; offset: number; hash: string }[] = [];
  const ids: string[] = [];
  return {
    values,
    ids,
    /** Events that must be stored. */
    expect: (events: readonly EventParts[]): void => void ids.push(...events.map(idOf)),
    published(partition: number, first: number, published: readonly Buffer[]): void {
      for (const [index, value] of published.entries()) {
        values.push({ partition, offset: first + index, hash: sha256(value).toString('hex') });
      }
    },
  };
}

export type Ledger = ReturnType<typeof createLedger>;

/** Every expected event once in `events` and no other, one `batches` row per record published, quarantine rows once. */
export async function assertExactlyOnce(world: DeliveryWorld, ledger: Ledger): Promise<void> {
  const { rows } = world;
  const incarnation = world.incarnation.toString('hex');
  const here = 'incarnation = unhex({incarnation:String})';
  const [events] = await rows<{ total: number; ids: number }>(
    `SELECT count() AS total, uniqExact(id) AS ids FROM events WHERE ${here}`,
    { incarnation },
  );
  assert.deepEqual(events, { total: ledger.ids.length, ids: ledger.ids.length });
  const stored = await rows<{ id: string }>(`SELECT id FROM events WHERE ${here} ORDER BY toString(id)`, {
    incarnation,
  });
  assert.deepEqual(
    stored.map(({ id }) => id),
    ledger.ids.toSorted(),
  );
  const batches = await rows<{ partition: number; offset: number; hash: string }>(
    `SELECT partition, offset, lower(hex(value_hash)) AS hash FROM batches WHERE ${here} ORDER BY partition, offset`,
    { incarnation },
  );
  const published = new Set(ledger.values.map(({ partition, offset, hash }) => `${partition}/${offset}/${hash}`));
  const places = batches.map(({ partition, offset }) => `${partition}/${offset}`);
  assert.equal(new Set(places).size, places.length, 'a record has more than one row in batches');
  const found = batches.filter(({ partition, offset, hash }) => published.has(`${partition}/${offset}/${hash}`));
  assert.equal(found.length, ledger.values.length, 'a published record has no row in batches');
  const [accepted] = await rows<{ total: number }>(`SELECT sum(length(accepted)) AS total FROM batches WHERE ${here}`, {
    incarnation,
  });
  assert.equal(accepted!.total, ledger.ids.length, 'batches counts other events than events holds');
  const [quarantine] = await rows<{ total: number; places: number; refused: number }>(
    `SELECT count() AS total, uniqExact(partition, offset) AS places,
       (SELECT count() FROM batches WHERE ${here} AND disposition IN ('quarantined', 'partial')) AS refused
     FROM quarantine WHERE ${here}`,
    { incarnation },
  );
  assert.deepEqual(quarantine, {
    total: quarantine!.refused,
    places: quarantine!.refused,
    refused: quarantine!.refused,
  });
}

/** What the consumer judged, over all its restarts, is what one fold over the whole topic judges. */
export async function assertJudgedAsOneFold(world: DeliveryWorld): Promise<void> {
  const { records } = judgeRecords(await readAll(world.kafka, world.topics.events), world.judging);
  const stored = await world.rows<{ partition: number; offset: number }>(
    `SELECT partition, offset, toString(disposition) AS disposition, reason, accepted, finding_codes AS findings
     FROM batches WHERE incarnation = unhex({incarnation:String}) AND record_kind != 'registry' ORDER BY partition, offset`,
    { incarnation: world.incarnation.toString('hex') },
  );
  assert.deepEqual(
    stored,
    records.map(({ record: { partition, offset }, judged: { disposition, reason = '', accepted, findings } }) => ({
      partition,
      offset,
      disposition,
      reason,
      accepted,
      findings: findings.map(({ code }) => code),
    })),
  );
}

/** Sets the deduplication window of all tables. */
export async function setWindow({ clickhouse }: DeliveryWorld, blocks: number): Promise<void> {
  for (const table of tables) {
    await clickhouse.command({
      query: `ALTER TABLE ${table} MODIFY SETTING non_replicated_deduplication_window = ${blocks}`,
    });
  }
}

/** Makes ClickHouse forget every token: blocks of another incarnation push them out of a window of one. */
export async function pushTokensOut(world: DeliveryWorld): Promise<void> {
  const { clickhouse } = world;
  await setWindow(world, 1);
  for (const table of tables) {
    for (let block = 0; block < 3; block += 1) {
      const query = `INSERT INTO ${table} (incarnation, append_time) SELECT 'another${block}', now64()`;
      await clickhouse.command({ query, clickhouse_settings: { insert_deduplication_token: uniqueName('pushed') } });
    }
  }
}
