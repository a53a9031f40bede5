import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { originOf, shardName } from '../../services/core/log-folder/index.js';
import type { BatchRow } from '../../services/core/rows/index.js';
import { bundlePath, createNoteKey } from '../../services/core/tlog/index.js';
import { sha256 } from '../../services/core/tlog/node.js';
import { createLogCheck } from '../../services/fsck/check-log.js';
import type { Difference } from '../../services/fsck/difference.js';
import { createStoredRows, type StoredPartition } from '../../services/fsck/stored.js';
import { eventParts, newKey } from '../support/judging.js';
import { checkpointOf, entryOf, logOf } from '../support/log-files.js';
import { createTestDatabase, type TestDatabase } from '../support/stack.js';
import { createStoredLog } from '../support/stored-log.js';

const audience = 'sealstream.test/fsck';
const logKey = newKey();
const records = 300;

describe('the log against the stored records', () => {
  let db: TestDatabase;
  let rows: BatchRow[];
  let partition: StoredPartition;
  let entries: Uint8Array[];
  let origin: string;
  let shard: string;

  before(async () => {
    db = await createTestDatabase();
    const log = createStoredLog(db.clickhouse);
    for (let at = 0; at < records; at += 1) log.record([eventParts({ action: 'auth.login' })]);
    await log.store();
    const stored = createStoredRows(db);
    [partition] = (await stored.partitions()) as [StoredPartition];
    rows = await stored.records({ ...partition, from: 0, to: partition.next });
    assert.ok(rows.length > 256, 'more than one bundle');
    origin = originOf(audience, partition);
    shard = shardName(partition);
    entries = rows.map(entryOf);
  });
  after(() => db.remove());

  const differences = async (
    files: ReadonlyMap<string, Uint8Array>,
    { known = [], stored = rows }: { known?: Uint8Array[]; stored?: BatchRow[] } = {},
  ): Promise<string[]> => {
    const found: Difference[] = [];
    const check = createLogCheck({
      read: async (path) => files.get(path),
      audience,
      keysOf: (name) => [createNoteKey({ sha256, name, publicKey: logKey.publicKey })],
      known: known.map((note, at) => ({ from: `witness ${at}`, note: Buffer.from(note).toString() })),
      report: (one) => void found.push(one),
      nowMs: () => Date.now() + 3_600_000,
    });
    const next = (stored.at(-1)?.offset ?? -1) + 1;
    const stretch = { ...partition, from: partition.first, to: next };
    await check.records(stretch, stored);
    await check.finish([{ ...partition, next }]);
    return found.map(({ kind, place }) =>
      place.shard ? kind : `${kind} ${place.offset}${place.lastOffset === undefined ? '' : `-${place.lastOffset}`}`,
    );
  };
  const whole = (): Promise<Map<string, Uint8Array>> => logOf(entries, origin, shard, logKey);

  test('agree where nobody changed anything', async () => {
    assert.deepEqual(await differences(await whole()), []);
  });

  test('a record whose signature was made anew differs from its entry', async () => {
    const changed = rows.map((row, at) => (at === 100 ? { ...row, signature: Buffer.alloc(64, 7) } : row));
    assert.deepEqual(await differences(await whole(), { stored: changed }), [`entry_differs ${rows[100]!.offset}`]);
  });

  test('a tail that ClickHouse lost is named by what the log holds', async () => {
    const last = rows.at(-1)!.offset;
    assert.deepEqual(await differences(await whole(), { stored: rows.slice(0, 200) }), [
      `record_missing ${rows[200]!.offset}-${last}`,
    ]);
  });

  test('a record that was never sealed is named', async () => {
    const short = await logOf(entries.slice(0, -1), origin, shard, logKey);
    assert.deepEqual(await differences(short), [`entry_missing ${rows.at(-1)!.offset}`]);
  });

  test('an entry that was changed in its bundle does not give the root', async () => {
    const files = await whole();
    const bundle = Buffer.from(files.get(`${shard}/${bundlePath(0)}`)!);
    bundle[2 + 60]! ^= 1;
    files.set(`${shard}/${bundlePath(0)}`, bundle);
    assert.deepEqual(await differences(files), [`entry_differs ${rows[0]!.offset}`, 'log_broken']);
  });

  test('a file that is gone is named', async () => {
    const files = await whole();
    files.delete(`${shard}/${bundlePath(0)}`);
    assert.deepEqual(await differences(files), ['log_broken']);
  });

  test('a checkpoint by another key is not believed', async () => {
    const files = await whole();
    files.set(`${shard}/checkpoint`, await checkpointOf({ origin, size: 1, root: new Uint8Array(32) }, newKey()));
    const found = await differences(files);
    assert.equal(found[0], 'checkpoint_bad');
  });

  test('a checkpoint that a witness has of another tree names the fork, one that is ahead the rollback', async () => {
    const files = await whole();
    const forked = await checkpointOf({ origin, size: 200, root: new Uint8Array(32) }, logKey);
    const ahead = await checkpointOf({ origin, size: 10_000, root: new Uint8Array(32) }, logKey);
    assert.deepEqual(await differences(files, { known: [forked, ahead] }), ['log_forked', 'log_forked']);
    const older = await logOf(entries.slice(0, 200), origin, shard, logKey);
    assert.deepEqual(await differences(files, { known: [older.get(`${shard}/checkpoint`)!] }), []);
  });
});
