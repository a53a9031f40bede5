import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createMetrics } from '../../services/core/metrics.js';
import type { RegistryReader } from '../../services/core/reading/index.js';
import { formatUuid, parseUuid } from '../../services/core/wire/index.js';
import { readById } from '../../services/gateway/query/event-by-id.js';
import { createQueryMetrics } from '../../services/gateway/query/metrics.js';
import { createPendingCheck } from '../../services/gateway/query/pending.js';
import { createRecords } from '../../services/gateway/query/records.js';
import { createEventsTable } from '../../services/gateway/query/scope.js';
import { createVerifier, type PendingVerdict, type Verdict } from '../../services/gateway/query/verify/verify.js';
import { eventParts, newKey, nowMs, testProducer } from '../support/judging.js';
import { createTestDatabase, type TestDatabase } from '../support/stack.js';
import { createStoredLog } from '../support/stored-log.js';

const everyField = {
  scope: 'application' as const,
  organization_id: 'acme',
  application_id: 'web',
  actor: { type: 'user' as const, id: 'usr_1', name: 'Ada', email: 'ada@example.org' },
  action: 'member.role_changed',
  target: { type: 'member', id: 'usr_2', name: 'Bob' },
  related: [
    { type: 'team', id: 't1' },
    { type: 'team', id: 't2' },
  ],
  outcome: 'denied' as const,
  reason: 'quota_exceeded',
  auth_method: 'password',
  service: 'members',
  correlation_id: 'c1',
  request_id: 'r1',
  trace_id: 'tr1',
  details_schema: 'd1',
  ip: '10.0.0.1',
  user_agent: 'curl',
  session_id: 's1',
  message: 'Ada changed a role',
  path: '/members/usr_2',
  details: { a: 1 },
  before: { role: 'user' },
  after: { role: 'admin \ufffd' },
};

/** The UUID of which a stored half is one more. */
function oneMore(uuid: string, half: 'id_time' | 'id_random'): string {
  const bytes = Buffer.from(uuid.replaceAll('-', ''), 'hex');
  const at = half === 'id_time' ? 0 : 8;
  bytes.writeBigUInt64BE(bytes.readBigUInt64BE(at) + 1n, at);
  return formatUuid(bytes);
}

/** Another value of the column's type, as an expression. */
function altered(name: string, type: string): string {
  if (name === 'incarnation') return "toFixedString('another incarnatio', 16)".replace('incarnatio', 'life!!!');
  if (name.endsWith('_digest')) return "unhex(repeat('ab', 32))";
  if (name === 'after') return "replaceOne(after, '\ufffd', unhex('ff'))";
  if (name === 'scope') return "'organization'";
  if (type.startsWith('Enum8')) return `if(toInt8(${name}) = 0, 1, 0)`;
  if (type.startsWith('Array')) return `arrayPushBack(${name}, 'more')`;
  if (type.startsWith('DateTime64')) return `${name} + toIntervalSecond(1)`;
  if (type.startsWith('UInt')) return `${name} + 1`;
  if (type.includes('String')) return `concat(${name}, 'x')`;
  throw new Error(`no alteration for ${name} ${type}`);
}

describe('the verdict on an event', () => {
  let db: TestDatabase;
  let log: ReturnType<typeof createStoredLog>;
  let ids: string[];
  let columns: { name: string; type: string; is_key: number }[];
  let answer: (id: string) => Promise<Verdict | PendingVerdict>;
  const verify = async (id: string): Promise<Verdict> => {
    const verdict = await answer(id);
    assert.notEqual(verdict.status, 'pending', verdict.message);
    return verdict as Verdict;
  };

  const columnsOf = async (table: string): Promise<typeof columns> => {
    const result = await db.clickhouse.query({
      query: `SELECT name, type, is_in_primary_key OR is_in_sorting_key OR is_in_partition_key AS is_key FROM system.columns
        WHERE database = {database:String} AND table = {table:String} AND default_kind = '' ORDER BY position`,
      query_params: { database: db.database, table },
      format: 'JSONEachRow',
    });
    return result.json();
  };
  const command = (query: string): Promise<unknown> =>
    db.clickhouse.command({ query, clickhouse_settings: { mutations_sync: '2' } });
  /** Key columns cannot be updated: whoever tampers writes the row anew. One mutation does all of it, as each costs a second. */
  const alterAll = async (
    table: string,
    alterations: readonly { name: string; is_key: number; to: string; where: string }[],
  ): Promise<void> => {
    const keys = alterations.filter(({ is_key }) => is_key);
    await command(`CREATE TABLE altered AS ${table}`);
    for (const { name, to, where } of keys) {
      await command(
        `INSERT INTO altered SELECT * REPLACE(${to} AS ${name}) FROM (SELECT * FROM ${table} WHERE ${where})`,
      );
    }
    const others = alterations.filter(({ is_key }) => !is_key);
    const updates = [...new Set(others.map(({ name }) => name))].map((name) => {
      const cases = others.filter((one) => one.name === name).flatMap(({ where, to }) => [where, to]);
      return `${name} = multiIf(${cases.join(', ')}, ${name})`;
    });
    const anyOf = (all: typeof alterations): string => all.map(({ where }) => where).join(' OR ');
    const changes = [
      ...(updates.length > 0 ? [`UPDATE ${updates.join(', ')} WHERE ${anyOf(others)}`] : []),
      ...(keys.length > 0 ? [`DELETE WHERE ${anyOf(keys)}`] : []),
    ];
    await command(`ALTER TABLE ${table} ${changes.join(', ')}`);
    await command(`INSERT INTO ${table} SELECT * FROM altered`);
    await command('DROP TABLE altered SYNC');
  };

  before(async () => {
    db = await createTestDatabase();
    log = createStoredLog(db.clickhouse, { partitions: 2 });
    columns = await columnsOf('events');
    const table = createEventsTable({ ...db, metrics: createQueryMetrics(createMetrics('test', { process: false })) });
    const registryReader: RegistryReader = {
      registry: log.registry,
      records: () => [],
      through: async () => {},
      catchUp: async () => {},
      stop: async () => {},
    };
    const records = createRecords(db);
    const refusePending = createPendingCheck({ records, incarnation: () => log.incarnation, nowMs: () => nowMs });
    const verifier = createVerifier({ records, deployment: log.deployment, registryReader, refusePending });
    answer = async (id) => {
      const scope = { kind: 'organizations' as const, organizations: '*' as const };
      const rows = await readById({ table, scope, id: parseUuid(id)! });
      assert.notEqual(rows.length, 0, `event ${id} is not found`);
      return verifier.verify(rows);
    };
    const parts = Array.from({ length: columns.length * 2 + 1 }, () => eventParts(everyField));
    const { judged, record } = log.record(parts);
    assert.equal(judged.accepted.length, parts.length);
    ids = parts.map(({ body }) => formatUuid(body));
    assert.equal(record.offset, 2);
    // At that offset of the other partition there is a record, too: a row that is moved there is not waiting for one.
    log.record([everyField], { partition: 1 });
    await log.store();
  });
  after(() => db.remove());

  test('is good for every event as it was stored', async () => {
    for (const id of ids) {
      const verdict = await verify(id);
      assert.equal(verdict.verified, true, verdict.message);
      assert.deepEqual(verdict.checks.inclusion, { available: false });
    }
  });

  test('is not there yet between the insert of an event and that of its record, and good after it', async () => {
    const parts = eventParts(everyField);
    log.record([parts]);
    await log.store({ only: ['events'] });
    const id = formatUuid(parts.body);
    const { status, available, verified, checks, ...pending } = (await answer(id)) as PendingVerdict;
    assert.deepEqual([status, available, verified, pending.retry_after_seconds], ['pending', false, false, 1]);
    assert.match(pending.message, /not wholly stored yet.*Ask again in 1 s\.$/);
    assert.deepEqual(checks.signature, { available: false });
    await log.store();
    assert.equal((await answer(id)).status, 'verified');
  });

  test('turns bad for exactly the event of which any one column was altered', async () => {
    const alterations = columns.map((column, at) => {
      const victim = ids[at * 2 + 1]!;
      return { ...column, victim, to: altered(column.name, column.type), where: `id = '${victim}'` };
    });
    await alterAll('events', alterations);
    for (const { name, victim } of alterations) {
      const verdict = await verify(name === 'id_time' || name === 'id_random' ? oneMore(victim, name) : victim);
      assert.equal(verdict.verified, false, `${name} was altered and the verdict is good`);
      assert.equal(verdict.checks.signature.verified, false);
    }
    for (const [at, neighbour] of ids.entries()) {
      if (at % 2 === 1) continue;
      const { verified, message } = await verify(neighbour);
      assert.equal(verified, true, `nothing of event ${at} was altered: ${message}`);
    }
  });

  test('turns bad for an event that is stored a second time', async () => {
    const [id] = log.record([everyField]).judged.opened ? await storedIds() : [];
    assert.equal((await verify(id!)).verified, true);
    await command(`INSERT INTO events SELECT * FROM events WHERE id = '${id}'`);
    const { verified, checks } = await verify(id!);
    assert.deepEqual([verified, checks.signature.message], [false, 'the event is stored more than once']);
  });

  /** Stores what was written and gives the ids of the newest record. */
  const storedIds = async (): Promise<string[]> => {
    await log.store();
    const result = await db.clickhouse.query({
      query: 'SELECT toString(id) AS id FROM events WHERE offset = (SELECT max(offset) FROM events) ORDER BY idx',
      format: 'JSONEachRow',
    });
    return (await result.json<{ id: string }>()).map(({ id }) => id);
  };

  const told: [column: string, alteration: string | undefined, step: string, message: RegExp][] = [
    ['header', undefined, 'header', /does not read|is not what its header says/],
    ['signature', "concat(substring(signature, 2), 'x')", 'signature', /not the key's over the stored header/],
    ['signature', "''", 'signature', /not the key's/],
    ['leaves', "concat(substring(leaves, 2), 'x')", 'root', /do not give the root/],
    ['leaves', 'substring(leaves, 33)', 'root', /leaves are stored/],
    ['salt_seed', "concat(substring(salt_seed, 2), 'x')", 'leaf', /not what was signed/],
    ['salt_seed', "''", 'leaf', /salts are gone/],
    ['disposition', undefined, 'record', /took in no event/],
    ['accepted', '[]', 'record', /took in no event at index 1/],
    ['append_time', undefined, 'place', /append_time/],
    ['header_hash', undefined, 'header', /header_hash/],
    ['record_kind', undefined, 'header', /record_kind/],
    ['producer_id', undefined, 'header', /producer_id/],
    ['key_id', undefined, 'header', /key_id/],
    ['epoch', undefined, 'header', /epoch/],
    ['lane', undefined, 'header', /lane/],
    ['first_seq', undefined, 'header', /first_seq/],
    ['count', undefined, 'header', /count/],
    ['prev', undefined, 'header', /prev/],
    ['registry_offset', 'registry_offset + 1', 'header', /registry_offset/],
    ['offset', 'offset + 1000000', 'record', /no record is stored/],
  ];
  describe('of a record that was altered', () => {
    /** For each alteration a record that is altered, and one before it that is not. */
    const victims: { spared: string; altered: string }[] = [];

    before(async () => {
      const offsets: number[] = [];
      for (const _ of told) {
        log.record([everyField, everyField]);
        const [spared] = await storedIds();
        const { record } = log.record([everyField, everyField]);
        const [, victim] = await storedIds();
        victims.push({ spared: spared!, altered: victim! });
        offsets.push(record.offset);
      }
      const columns = await columnsOf('batches');
      const alterations = told.map(([name, alteration], at) => {
        const { type, is_key } = columns.find((candidate) => candidate.name === name)!;
        const to = alteration ?? (name === 'disposition' ? "'quarantined'" : altered(name, type));
        return { name, is_key, to, where: `offset = ${offsets[at]}` };
      });
      await alterAll('batches', alterations);
    });

    for (const [at, [name, alteration, step, message]] of told.entries()) {
      test(`says so where it was the ${name}${alteration ? `, altered to ${alteration}` : ''}`, async () => {
        const { checks, verified } = await verify(victims[at]!.altered);
        assert.equal(verified, false);
        assert.match(checks.signature.message, message);
        assert.equal(checks.signature.failed, step);
        assert.equal((await verify(victims[at]!.spared)).verified, true, 'another record is not concerned');
      });
    }
  });

  test('follows the registry as of the record: a key revoked later leaves its earlier events good', async () => {
    const key = newKey();
    log.register(key, 'till');
    log.mark(0);
    const till = testProducer({ key, producerId: 'till', lane: 7 });
    log.write(0, till.open());
    log.write(0, till.data(1));
    const [id] = await storedIds();
    log.append({ kind: 'key_revoked', key_id: key.keyId });
    log.mark(0);
    await log.store();
    assert.equal((await verify(id!)).verified, true);
    const { judged } = log.write(0, till.data(1));
    assert.equal(judged.reason, 'revoked_key');
  });

  test('is bad for an event of a record that a stranger signed and put into both tables', async () => {
    const stranger = newKey();
    log.register(stranger, 'stranger');
    log.mark(0);
    const producer = testProducer({ key: stranger, producerId: 'stranger', lane: 9 });
    log.write(0, producer.open());
    const { record } = log.write(0, producer.data(1));
    const [id] = await storedIds();
    assert.equal((await verify(id!)).verified, true);
    // Without the marker that made the key known, its record stands where the key was not registered.
    await command(`ALTER TABLE batches DELETE WHERE offset = ${record.offset - 2}`);
    const { verified, checks } = await verify(id!);
    assert.deepEqual([verified, checks.signature.failed], [false, 'key']);
  });
});
