import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '../../services/core/log.js';
import { createMetrics, type Metrics } from '../../services/core/metrics.js';
import type { RegistryReader } from '../../services/core/reading/index.js';
import { startContinuous } from '../../services/fsck/continuous.js';
import { createStoredRows } from '../../services/fsck/stored.js';
import { createVerifiedTable, type VerifiedTable } from '../../services/fsck/verified-table.js';
import { eventParts } from '../support/judging.js';
import { createTestDatabase, type TestDatabase } from '../support/stack.js';
import { createStoredLog } from '../support/stored-log.js';

describe('the continuous verifier', () => {
  let db: TestDatabase;
  let log: ReturnType<typeof createStoredLog>;
  let table: VerifiedTable;
  let verifier: { stop(): Promise<void> };
  let metrics: Metrics;
  let next = 0;

  const start = ({ roundMs = 1, nowMs = Date.now } = {}) => {
    metrics = createMetrics('test', { process: false });
    const registryReader: RegistryReader = {
      registry: log.registry,
      records: () => [],
      through: async () => {},
      catchUp: async () => {},
      stop: async () => {},
    };
    return startContinuous({
      stored: createStoredRows(db),
      table,
      deployment: log.deployment,
      registryReader,
      erasures: { refresh: async () => {}, has: () => false },
      openLog: undefined,
      settings: { share: 0.9, records: 7, restMs: 1, roundMs, everyMs: 20, mostDifferences: 100 },
      metrics,
      log: createLogger('verifier', 'silent'),
      nowMs,
    });
  };
  const until = async (holds: () => Promise<boolean>): Promise<void> => {
    for (const end = Date.now() + 20_000; !(await holds()); await sleep(30)) {
      if (Date.now() > end) throw new Error(JSON.stringify([await table.partitions(), await table.open(10)]));
    }
  };
  const record = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at += 1) {
      next =
        log.record([eventParts({ action: 'auth.login' }), eventParts({ action: 'auth.logout' })]).record.offset + 1;
    }
    await log.store();
  };
  const at = async () => (await table.partitions())[0];
  const command = (query: string): Promise<unknown> =>
    db.clickhouse.command({ query, clickhouse_settings: { mutations_sync: '2' } });

  before(async () => {
    db = await createTestDatabase();
    log = createStoredLog(db.clickhouse);
    table = createVerifiedTable(db);
    await record(20);
    verifier = start();
  });
  after(async () => {
    await verifier.stop();
    await db.remove();
  });

  test('comes to the end of what is stored, and goes on with what comes', async () => {
    await until(async () => (await at())?.through === next);
    await record(5);
    await until(async () => (await at())?.through === next);
    assert.deepEqual(await table.open(10), []);
  });

  test('begins again from the first record', async () => {
    const { round } = (await at())!;
    await until(async () => (await at())!.round > round + 1);
  });

  test('finds what was changed behind its back, says where, and stops being sure from there on', async () => {
    await command(`ALTER TABLE events UPDATE message = 'changed' WHERE offset = 9 AND idx = 1`);
    await until(async () => (await table.open(10)).length > 0);
    const [found] = await table.open(10);
    assert.equal(found!.kind, 'event_altered');
    assert.equal(found!.step, 'leaf');
    assert.equal(found!.place.offset, 9);
    assert.equal(found!.place.index, 1);
    await until(async () => (await at())!.through === 9);
    assert.match(await metrics.registry.metrics(), /sealstream_verified_through\{partition="0",service="test"\} 9\n/);
    assert.match(
      await metrics.registry.metrics(),
      /sealstream_verification_differences\{kind="event_altered",service="test"\} 1\n/,
    );
  });

  test('goes on where it was after a stop, and sees that it was mended', async () => {
    await verifier.stop();
    verifier = start();
    await command(`ALTER TABLE events UPDATE message = '' WHERE offset = 9 AND idx = 1`);
    await until(async () => (await table.open(10)).length === 0);
    await until(async () => (await at())!.through === next);
  });

  test('begins again where new records come all the time, and not before its time', async () => {
    await verifier.stop();
    let clockMs = Date.now();
    const { round } = (await at())!;
    verifier = start({ roundMs: 60_000, nowMs: () => clockMs });
    await until(async () => (await at())!.round > round);
    clockMs += 59_000;
    await record(1);
    await until(async () => (await at())!.through === next);
    assert.equal((await at())!.round, round + 1);
    clockMs += 2_000;
    await until(async () => (await at())!.round === round + 2);
  });
});
