import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { type Answer, newFolder, sleep, startFront, type TestFront } from '../support/clickhouse-front.js';
import { type NativeColumn, nativeBlock, nativeUuid, strings, uint32s, uint64s } from '../support/native-block.js';

// What delivery builds on (WIRE §6), pinned for the version of the engine in use. Where a test fails after an upgrade,
// the engine has changed what we rely on.

const WINDOWS = 'non_replicated_deduplication_window = 1000';

function insertInto(
  front: TestFront,
  table: string,
  block: Buffer,
  settings: Record<string, string> = {},
): Promise<Answer> {
  const params = {
    query: `INSERT INTO ${table} FORMAT Native`,
    async_insert: '0',
    insert_deduplicate: '1',
    ...settings,
  };
  return front.send({ params, body: block });
}

async function insert(...args: Parameters<typeof insertInto>): Promise<void> {
  const { status, text } = await insertInto(...args);
  assert.equal(status, 200, text);
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

async function ask(front: TestFront, query: string): Promise<string> {
  const { status, text } = await front.send({ body: query });
  assert.equal(status, 200, text);
  return text.trim();
}

describe('the engine deduplicates by token', () => {
  const folder = newFolder();
  let front: TestFront;
  before(async () => {
    front = await startFront({ folder });
  });
  after(() => front.remove());

  const token = (name: string) => ({ insert_deduplication_token: name });
  const ids = (values: number[]): Buffer =>
    nativeBlock(values.length, [{ name: 'id', type: 'UInt64', data: uint64s(values) }]);
  const table = async (name: string, { clauses = 'ORDER BY id', window = WINDOWS } = {}): Promise<string> => {
    await ask(front, `CREATE TABLE ${name} (id UInt64) ENGINE = MergeTree ${clauses} SETTINGS ${window}`);
    return name;
  };
  const contents = (name: string): Promise<string> =>
    ask(front, `SELECT toString(groupArray(id)) FROM (SELECT id FROM ${name} ORDER BY id)`);

  test('the windows of a plain MergeTree are counted, of a replicated one also timed', async () => {
    const query =
      "SELECT name, value FROM system.merge_tree_settings WHERE name LIKE '%replicated_deduplication_window%' AND name NOT LIKE '%async%' ORDER BY name";
    assert.equal(
      await ask(front, query),
      'non_replicated_deduplication_window\t0\nreplicated_deduplication_window\t10000\nreplicated_deduplication_window_seconds\t3600',
    );
  });

  test('the same token inserts once, whatever the rows, and again after a restart', async () => {
    const name = await table('once');
    await insert(front, name, ids([1, 2]), token('a'));
    await insert(front, name, ids([1, 2]), token('a'));
    await insert(front, name, ids([3, 4]), token('a'));
    assert.equal(await contents(name), '[1,2]');
    await front.stop('SIGTERM');
    front = await startFront({ folder });
    await insert(front, name, ids([1, 2]), token('a'));
    await front.stop('SIGKILL');
    front = await startFront({ folder });
    await insert(front, name, ids([1, 2]), token('a'));
    assert.equal(await contents(name), '[1,2]');
    await insert(front, name, ids([1, 2]), token('b'));
    assert.equal(await contents(name), '[1,1,2,2]');
  });

  test('a token that has left the window inserts again', async () => {
    const name = await table('window', { window: 'non_replicated_deduplication_window = 3' });
    for (const [index, text] of ['a', 'b', 'c', 'd', 'a'].entries())
      await insert(front, name, ids([index]), token(text));
    assert.equal(await contents(name), '[0,1,2,3,4]');
    await insert(front, name, ids([9]), token('a'));
    assert.equal(await contents(name), '[0,1,2,3,4]');
  });

  test('a merge does not make it forget', async () => {
    const name = await table('merged');
    for (const text of ['a', 'b', 'c']) await insert(front, name, ids([1]), token(text));
    await ask(front, `OPTIMIZE TABLE ${name} FINAL`);
    for (const text of ['a', 'b', 'c']) await insert(front, name, ids([1]), token(text));
    assert.equal(await contents(name), '[1,1,1]');
  });

  test('rows that were deleted stay away: it remembers their tokens', async () => {
    const name = await table('deleted');
    await insert(front, name, ids([1, 2, 3]), token('a'));
    await ask(front, `DELETE FROM ${name} WHERE id = 1`);
    await ask(front, `ALTER TABLE ${name} DELETE WHERE id = 2 SETTINGS mutations_sync = 2`);
    await insert(front, name, ids([1, 2, 3]), token('a'));
    assert.equal(await contents(name), '[3]');
  });

  test('it forgets the tokens of dropped partitions and of a truncated table', async () => {
    const name = await table('dropped', { clauses: 'PARTITION BY id % 3 ORDER BY id' });
    await insert(front, name, ids([0, 1, 2]), token('a'));
    await ask(front, `ALTER TABLE ${name} DROP PARTITION 1`);
    assert.equal(await contents(name), '[0,2]');
    await insert(front, name, ids([0, 1, 2]), token('a'));
    assert.equal(await contents(name), '[0,1,2]');
    await ask(front, `TRUNCATE TABLE ${name}`);
    await insert(front, name, ids([0, 1, 2]), token('a'));
    assert.equal(await contents(name), '[0,1,2]');
  });

  test('a block over several months, of which some were there, is filled up with the others only', async () => {
    const columns = "at DateTime('UTC'), id UInt64";
    await ask(
      front,
      `CREATE TABLE months (${columns}) ENGINE = MergeTree PARTITION BY toYYYYMM(at) ORDER BY id SETTINGS ${WINDOWS}`,
    );
    const month = (index: number): number => Date.UTC(2024, index, 15) / 1000;
    const block = (...indices: number[]): Buffer =>
      nativeBlock(indices.length, [
        { name: 'at', type: "DateTime('UTC')", data: uint32s(indices.map(month)) },
        { name: 'id', type: 'UInt64', data: uint64s(indices) },
      ]);
    await insert(front, 'months', block(0, 1, 5), token('a'));
    await insert(front, 'months', block(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10), token('a'));
    await insert(front, 'months', block(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10), token('a'));
    assert.equal(await contents('months'), '[0,1,2,3,4,5,6,7,8,9,10]');
  });

  test('a materialized view on the table takes a retried block once, with a window of its own', async () => {
    await table('viewed');
    await ask(front, `CREATE TABLE totals (n UInt64) ENGINE = MergeTree ORDER BY n SETTINGS ${WINDOWS}`);
    await ask(front, 'CREATE MATERIALIZED VIEW viewed_to_totals TO totals AS SELECT count() AS n FROM viewed');
    for (let time = 0; time < 3; time++) await insert(front, 'viewed', ids([1, 2, 3]), token('a'));
    assert.equal(await ask(front, 'SELECT sum(n) FROM totals'), '3');
  });

  test('data of more than one block are deduplicated block by block', async () => {
    const name = await table('large');
    const parts = [0, 1, 2].map((part) => upTo(1_000_000).map((id) => part * 1_000_000 + id));
    const body = Buffer.concat(parts.map(ids));
    await insert(front, name, body, token('a'));
    await insert(front, name, body, token('a'));
    assert.equal(await ask(front, `SELECT count(), uniqExact(id) FROM ${name}`), '3000000\t3000000');
  });

  test('a block below 1,048,449 rows is one part', async () => {
    const name = await table('single');
    const rows = 1_048_448;
    await insert(front, name, ids(upTo(rows)), token('a'));
    assert.equal(await ask(front, "SELECT count(), sum(rows) FROM system.parts WHERE table = 'single'"), `1\t${rows}`);
  });

  test('a block over more than 100 partitions is refused whole', async () => {
    const name = await table('scattered', { clauses: 'PARTITION BY id ORDER BY id' });
    const refused = await insertInto(front, name, ids(upTo(101)));
    assert.equal(refused.headers['x-clickhouse-exception-code'], '252');
    assert.equal(await contents(name), '[]');
    await insert(front, name, ids(upTo(100)));
    assert.equal(await ask(front, `SELECT count() FROM ${name}`), '100');
  });

  test('async_insert is on by default, and every insert is there when it is acknowledged, with and without it', async () => {
    assert.equal(await ask(front, "SELECT value FROM system.settings WHERE name = 'async_insert'"), '1');
    const name = await table('asynchronous');
    await insert(front, name, ids([1]), { async_insert: '0' });
    assert.equal(await contents(name), '[1]');
    await insert(front, name, ids([2]), {
      async_insert: '1',
      wait_for_async_insert: '0',
      async_insert_busy_timeout_ms: '60000',
    });
    assert.equal(await contents(name), '[1,2]');
    const asked = await front.send({ body: "SELECT getSetting('async_insert')", params: { async_insert: '0' } });
    assert.equal(asked.text.trim(), 'false');
  });
});

describe('the engine casts the columns of a Native block', () => {
  let front: TestFront;
  before(async () => {
    front = await startFront();
    const columns =
      "id UInt32, u UUID, l LowCardinality(String), e Enum8('a' = 1, 'b' = 2), t DateTime64(3, 'UTC'), f FixedString(2), n Nullable(String)";
    await ask(front, `CREATE TABLE native (${columns}) ENGINE = MergeTree ORDER BY id`);
  });
  after(() => front.remove());

  const id = (value: number): NativeColumn => ({ name: 'id', type: 'UInt32', data: uint32s([value]) });
  const uuid = '61f0c404-5cb3-11e7-907b-a6006ad3dba0';

  test('String to LowCardinality and to Nullable, Int8 to Enum8', async () => {
    const block = nativeBlock(1, [
      id(1),
      { name: 'u', type: 'UUID', data: nativeUuid(uuid) },
      { name: 'l', type: 'String', data: strings(['low']) },
      { name: 'e', type: 'Int8', data: Buffer.from([2]) },
      { name: 't', type: "DateTime64(3, 'UTC')", data: uint64s([1_700_000_000_123]) },
      { name: 'f', type: 'FixedString(2)', data: Buffer.from('xy') },
      { name: 'n', type: 'String', data: strings(['null']) },
    ]);
    await insert(front, 'native', block);
    assert.equal(
      await ask(front, 'SELECT * FROM native WHERE id = 1'),
      `1\t${uuid}\tlow\tb\t2023-11-14 22:13:20.123\txy\tnull`,
    );
  });

  test('a UUID is its two halves, each back to front', async () => {
    const { bytes } = await front.send({ body: `SELECT toUUID('${uuid}') AS u FORMAT Native` });
    assert.deepEqual(bytes, nativeBlock(1, [{ name: 'u', type: 'UUID', data: nativeUuid(uuid) }]));
  });

  test('a column that is missing takes its default, one that the table lacks is left out', async () => {
    await insert(front, 'native', nativeBlock(1, [id(2), { name: 'absent', type: 'String', data: strings(['x']) }]));
    assert.equal(await ask(front, 'SELECT id, l, n FROM native WHERE id = 2'), '2\t\t\\N');
  });

  test('a block that breaks off is refused', async () => {
    const block = nativeBlock(1, [id(3), { name: 'l', type: 'String', data: strings(['text']) }]);
    const refused = await insertInto(front, 'native', block.subarray(0, -2));
    assert.equal(refused.status, 500);
    assert.equal(await ask(front, 'SELECT count() FROM native WHERE id = 3'), '0');
  });

  // The values must be right before they are sent: the engine stores what it cannot read back.
  for (const [what, columns] of [
    ['a number that is no element', [{ name: 'e', type: 'Int8', data: Buffer.from([9]) }]],
    ['nothing at all, which counts as 0', []],
  ] as const) {
    test(`into an Enum8 without 0, ${what} is NOT refused, and the column cannot be read any more`, async () => {
      await ask(front, "CREATE OR REPLACE TABLE enums (id UInt32, e Enum8('a' = 1)) ENGINE = MergeTree ORDER BY id");
      await insert(front, 'enums', nativeBlock(1, [id(1), ...columns]));
      assert.equal(await ask(front, 'SELECT count() FROM enums'), '1');
      const unreadable = await front.send({ body: 'SELECT e FROM enums' });
      assert.equal(unreadable.headers['x-clickhouse-exception-code'], '691');
    });
  }
});

describe('kill -9 while blocks are inserted', () => {
  const ROUNDS = 5;
  const WRITERS = 4;
  const ROWS = 20_000;

  test('keeps every acknowledged block once; a retry of the others completes them', { timeout: 240_000 }, async (t) => {
    const folder = newFolder();
    const acknowledged = new Set<number>();
    const sent = new Set<number>();
    let front = await startFront({ folder });
    t.after(() => front.remove());
    await ask(
      front,
      `CREATE TABLE blocks (block UInt64, id UInt64) ENGINE = MergeTree ORDER BY id SETTINGS ${WINDOWS}`,
    );
    const write = async (block: number, again = ''): Promise<void> => {
      const data = nativeBlock(ROWS, [
        { name: 'block', type: 'UInt64', data: uint64s(Array(ROWS).fill(block)) },
        { name: 'id', type: 'UInt64', data: uint64s(upTo(ROWS).map((index) => block * ROWS + index)) },
      ]);
      sent.add(block);
      await insert(front, 'blocks', data, { insert_deduplication_token: `block ${block}${again}` });
      acknowledged.add(block);
    };
    const counts = async (): Promise<Map<number, string>> => {
      const text = await ask(front, 'SELECT block, count(), uniqExact(id) FROM blocks GROUP BY block');
      return new Map(
        text
          .split('\n')
          .filter(Boolean)
          .map((line) => line.split('\t'))
          .map(([block, ...n]) => [Number(block), n.join()]),
      );
    };

    for (let round = 0; round < ROUNDS; round++) {
      let stopped = false;
      const writer = async (): Promise<void> => {
        while (!stopped) await write(sent.size);
      };
      const writers = Array.from({ length: WRITERS }, () => writer().catch(() => {}));
      await sleep(150 + Math.random() * 400);
      const killed = front.stop('SIGKILL');
      stopped = true;
      await Promise.all([killed, ...writers]);
      front = await startFront({ folder });
      const found = await counts();
      for (const block of acknowledged)
        assert.equal(found.get(block), `${ROWS},${ROWS}`, `acknowledged block ${block}`);
      for (const [block, n] of found) assert.equal(n, `${ROWS},${ROWS}`, `block ${block}`);
      for (const block of sent) await write(block);
      // A kill between its log of tokens and the part's name leaves a token without its rows; never of what was acknowledged.
      const retried = await counts();
      const lost = [...sent].filter((block) => !retried.has(block));
      for (const block of lost) await write(block, ' again');
      assert.deepEqual(new Set((await counts()).values()), new Set([`${ROWS},${ROWS}`]));
      assert.equal((await counts()).size, sent.size);
    }
    assert.ok(acknowledged.size > ROUNDS);
    rmSync(folder, { recursive: true, force: true });
  });
});
