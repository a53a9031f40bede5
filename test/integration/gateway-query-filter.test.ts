import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { createMetrics } from '../../services/core/metrics.js';
import { decodeEventRows, eventColumns, rowToWire } from '../../services/core/rows/index.js';
import { createBind } from '../../services/core/sql/bind.js';
import { decodeEvent, encodeEvent, formatUuid, type WireEvent } from '../../services/core/wire/index.js';
import { type HiddenActions, hiddenByCatalogue, nothingHidden } from '../../services/gateway/catalogue/hidden.js';
import { filterSql, matches, readFilter, readParameters } from '../../services/gateway/query/filter.js';
import { createQueryMetrics } from '../../services/gateway/query/metrics.js';
import { createEventsTable, type EventsTable, inTenant, type TenantScope } from '../../services/gateway/query/scope.js';
import { actions, addresses, arbitraryEvent, oddWords } from '../support/arbitrary-event.js';
import { eventParts } from '../support/judging.js';
import { buildIndexes, createTestDatabase, type TestDatabase } from '../support/stack.js';
import { createStoredLog } from '../support/stored-log.js';

const word = fc.constantFrom(...oddWords);
const words = fc.oneof(word, fc.array(word, { minLength: 1, maxLength: 3 }));
const time = fc.integer({ min: 0, max: 86_400_000 }).map((ms) => Date.UTC(2026, 0, 1) + ms);

const everyFilter = {
  action: fc.oneof(fc.constantFrom(...actions, 'login', 'LOGIN', '.', 'o'), fc.constant(['role', 'plan'])),
  category: fc.constantFrom('auth', 'Auth,member', 'login', 'none'),
  actor: words,
  actor_type: fc.constantFrom('user', 'service,none', ['anonymous', 'user']),
  target_type: words,
  target_id: words,
  outcome: fc.constantFrom('success', 'failure,denied', ['partial']),
  success: fc.constantFrom('true', false),
  kind: fc.constantFrom('event', 'stateful'),
  ip: fc.constantFrom(
    ...addresses,
    '10.0.0.0/24',
    '10.0.0.0/8,::1',
    '0.0.0.0/0',
    '2001:db8::/32',
    '::/0',
    '::ffff:10.0.0.1/120',
  ),
  correlation_id: words,
  request_id: words,
  application_id: fc.constantFrom('web', ['web', 'mobile']),
  scope: fc.constantFrom('organization', 'application', 'system'),
  from: time,
  to: time,
};
type FilterName = keyof typeof everyFilter;
/** A few at a time: all of them together let nothing through. */
const arbitraryFilter: fc.Arbitrary<{ [Name in FilterName]?: unknown }> = fc
  .subarray(Object.keys(everyFilter) as FilterName[], { maxLength: 3 })
  .chain((names) =>
    fc.record(Object.fromEntries(names.map((name) => [name, everyFilter[name] as fc.Arbitrary<unknown>]))),
  );

/** What the catalogue says, and what two organizations said themselves. */
const ownToo: HiddenActions = {
  ...hiddenByCatalogue,
  of: new Map([
    ["o'neil", new Set(['auth.login', 'login'])],
    ['acme', new Set(['member.role_changed'])],
    ['nobody', new Set()],
  ]),
};

const arbitraryScope: fc.Arbitrary<TenantScope> = fc.oneof(
  fc.constant<TenantScope>({ kind: 'system' }),
  fc
    .record({
      organizations: fc.constantFrom<'*' | string[]>('*', [], ['acme'], ["o'neil", 'globex'], ['nobody']),
      hidden: fc.constantFrom<(HiddenActions | undefined)[]>(undefined, nothingHidden, ownToo),
    })
    .map(
      ({ organizations, hidden }): TenantScope => ({ kind: 'organizations', organizations, ...(hidden && { hidden }) }),
    ),
);

describe('a filter', () => {
  let db: TestDatabase;
  let table: EventsTable;
  let events: WireEvent[];

  before(async () => {
    db = await createTestDatabase();
    table = createEventsTable({ ...db, metrics: createQueryMetrics(createMetrics('test', { process: false })) });
    const log = createStoredLog(db.clickhouse);
    const parts = fc.sample(arbitraryEvent, { numRuns: 600, seed: 7 }).map((input) => eventParts(input));
    events = parts.map(decodeEvent);
    for (let at = 0; at < parts.length; at += 100) {
      const { judged } = log.record(parts.slice(at, at + 100));
      assert.equal(judged.accepted.length, 100);
    }
    await log.store();
    await buildIndexes(db.clickhouse);
  });
  after(() => db.remove());

  const rowsOf = async (scope: TenantScope, given: Record<string, unknown>) => {
    const filter = readFilter(readParameters(given), { nowMs: Date.UTC(2026, 0, 2) });
    const bytes = await table.select({
      name: 'test',
      scope,
      columns: eventColumns,
      where: (bind) => filterSql(filter, bind),
    });
    return { filter, rows: decodeEventRows(bytes) };
  };

  test('a row read back is the event that was signed, to the byte', async () => {
    const bytes = await Promise.all(
      (['organizations', 'system'] as const).map((kind) =>
        rowsOf(kind === 'system' ? { kind } : { kind, organizations: '*', hidden: nothingHidden }, {}),
      ),
    );
    const read = bytes.flatMap(({ rows }) => rows);
    assert.equal(read.length, events.length);
    const byId = new Map(read.map((row) => [row.id.toString('hex'), row]));
    for (const event of events) {
      const row = byId.get(event.body.id.toString('hex'))!;
      assert.deepEqual(row.malformed, []);
      assert.deepEqual(encodeEvent(rowToWire(row)), encodeEvent(event));
    }
  });

  test('lets through in ClickHouse exactly the events that it lets through in memory, within the tenant', async () => {
    let found = 0;
    await fc.assert(
      fc.asyncProperty(arbitraryScope, arbitraryFilter, async (scope, given) => {
        fc.pre(given.from === undefined || given.to === undefined || Number(given.from) <= Number(given.to));
        const { filter, rows } = await rowsOf(scope, given);
        const expected = events.filter((event) => inTenant(scope, event.body) && matches(filter, event));
        found += expected.length;
        const ids = (list: { id: Buffer }[]): string[] => list.map(({ id }) => formatUuid(id)).sort();
        assert.deepEqual(ids(rows), ids(expected.map(({ body }) => body)));
      }),
      { numRuns: 300 },
    );
    assert.ok(found > 1_000, `the filters found only ${found} events: they prove little`);
  });

  test('finds texts and ids by the indexes that are there for them', async () => {
    const indexesOf = async (given: Record<string, unknown>): Promise<string[]> => {
      const bind = createBind();
      const conditions = filterSql(readFilter(readParameters(given), { nowMs: 0 }), bind);
      const result = await db.clickhouse.query({
        query: `EXPLAIN indexes = 1 SELECT count() FROM events WHERE organization_id = 'acme' AND (${conditions.join(') AND (')})`,
        query_params: bind.params,
        format: 'TabSeparatedRaw',
      });
      return [...(await result.text()).matchAll(/Name: (by_\w+)/g)].map(([, name]) => name!);
    };
    const asked: Record<string, Record<string, unknown>> = {
      by_text: { q: 'nothing' },
      by_id: { q: 'id:0198c0de-0000-7000-8000-000000000001' },
      by_id_time: { q: 'id:0198c0de-0000-7000-8000-000000000001' },
      by_actor: { q: 'actor.id:usr_1' },
      by_target: { target_id: 'doc_1' },
      by_correlation: { correlation_id: 'c1' },
      by_request: { request_id: 'r1' },
    };
    for (const [index, given] of Object.entries(asked)) {
      assert.ok((await indexesOf(given)).includes(index), `${JSON.stringify(given)} does not use ${index}`);
    }
    for (const q of ['email:*part*', 'message:"of it"', 'target.name:part', 'actor.name:part OR nothing']) {
      assert.ok((await indexesOf({ q })).includes('by_text'), `${q} does not use by_text`);
    }
  });
});
