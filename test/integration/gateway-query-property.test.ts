// `npm run test:property` does this ten thousand times.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import type { EventInput } from '../../services/core/event/index.js';
import type { Caller, Permission } from '../../services/gateway/auth/caller.js';
import { arbitraryEvent } from '../support/arbitrary-event.js';
import {
  arbitraryDetails,
  arbitraryParameter,
  arbitraryQuery,
  type Meant,
  type MeantParameter,
  microseconds,
  type Shown,
} from '../support/arbitrary-query.js';
import { createLiveWorld, type LiveWorld } from '../support/live-world.js';
import { type QueryGateway, startQueryGateway } from '../support/query-gateway.js';
import { buildIndexes } from '../support/stack.js';

const cases = Number(process.env.SEALSTREAM_PROPERTY_CASES ?? 150);
const stored = 500;

interface List {
  events: Shown[];
  next_cursor: string | null;
  total?: number;
}

const keys: Readonly<Record<string, { organizations: Caller['organizations']; permissions: Permission[] }>> = {
  acme: { organizations: ['acme'], permissions: ['view:audit_logs'] },
  two: { organizations: ["o'neil", 'globex'], permissions: ['view:audit_logs', 'verify'] },
  nobody: { organizations: ['nobody'], permissions: ['view:audit_logs'] },
  all: { organizations: '*', permissions: ['view:audit_logs'] },
  system: { organizations: ['acme'], permissions: ['view:system_audit_logs'] },
  owner: { organizations: ['acme'], permissions: ['view:audit_logs', 'view:owner_events'] },
  root: { organizations: '*', permissions: ['admin'] },
  writer: { organizations: ['acme'], permissions: ['write:events'] },
};
const organizations = ['acme', 'globex', "o'neil", 'nobody'];

interface Case {
  key: string;
  system: boolean;
  chosen: { way: 'header' | 'parameter'; organization: string } | undefined;
  query: Meant | undefined;
  parameters: MeantParameter[];
  order: 'newest' | 'oldest';
  limit: number;
}

const arbitraryCase: fc.Arbitrary<Case> = fc.record({
  key: fc.constantFrom('acme', 'acme', 'two', 'two', 'all', 'all', 'root', 'root', 'nobody', 'system', 'writer'),
  system: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  chosen: fc.option(
    fc.record({
      way: fc.constantFrom('header' as const, 'parameter' as const),
      organization: fc.constantFrom(...organizations),
    }),
    { nil: undefined, freq: 2 },
  ),
  query: fc.option(arbitraryQuery, { nil: undefined, freq: 6 }),
  parameters: fc.uniqueArray(arbitraryParameter, { maxLength: 2, selector: ({ name }) => aliasOf[name] ?? name }),
  order: fc.constantFrom('newest' as const, 'oldest' as const),
  limit: fc.constantFrom(1_000, 1_000, 200, 37),
});
const aliasOf: Readonly<Record<string, string>> = {
  event: 'action',
  user: 'actor',
  resource_type: 'target_type',
  resource_id: 'target_id',
};

/** Whom the key may see when it asks like this; undefined where it may not. */
function tenantOf({ key, system, chosen }: Case): ((event: Shown) => boolean) | undefined {
  const { organizations: own, permissions } = keys[key]!;
  const may = (permission: Permission): boolean => permissions.includes(permission) || permissions.includes('admin');
  if (system) {
    if (!may('view:system_audit_logs') || chosen?.way === 'parameter') return undefined;
    return ({ scope }) => scope === 'system';
  }
  if (!may('view:audit_logs')) return undefined;
  if (chosen && own !== '*' && !own.includes(chosen.organization)) return undefined;
  const seen = chosen ? [chosen.organization] : own;
  // Of the actions that these events have, those of billing are for owners only.
  const hides = ({ action }: Shown): boolean => action.startsWith('billing.') && !may('view:owner_events');
  return (event) =>
    event.scope !== 'system' && (seen === '*' || seen.includes(event.organization_id ?? '')) && !hides(event);
}

describe('any query, by anyone', () => {
  let live: LiveWorld;
  let gateway: QueryGateway;
  /** In the order in which they were recorded. */
  let events: Shown[];

  before(async () => {
    live = await createLiveWorld({ partitions: 1 });
    await live.startConsumer();
    const withDetails = fc
      .tuple(arbitraryEvent, fc.option(arbitraryDetails, { nil: undefined }))
      .map(([event, details]): Partial<EventInput> => (details === undefined ? event : { ...event, details }));
    const inputs = fc.sample(withDetails, stored);
    for (let at = 0; at < inputs.length; at += 100) await live.record(inputs.slice(at, at + 100));
    await live.world.delivered();
    await buildIndexes(live.world.clickhouse);
    gateway = await startQueryGateway(live.world.config);
    for (const [key, { organizations: own, permissions }] of Object.entries(keys))
      gateway.keys.add(key, own, permissions);
    const all = async (path: string): Promise<Shown[]> => {
      const { body } = await gateway.get<List>(`${path}?order=ingest&limit=1000`, 'root');
      return body.events;
    };
    events = [...(await all('/api/audit')), ...(await all('/api/audit/system'))];
    assert.equal(events.length, stored);
  });
  after(async () => {
    await gateway.stop();
    await live.remove();
  });

  const ask = async (asked: Case, cursor: string | null) => {
    const search = new URLSearchParams({ order: asked.order, limit: String(asked.limit) });
    if (asked.query) search.set('q', asked.query.text);
    for (const { name, values } of asked.parameters) for (const value of values) search.append(name, value);
    if (asked.chosen?.way === 'parameter') search.set('organization_id', asked.chosen.organization);
    if (cursor !== null) search.set('cursor', cursor);
    const headers: Record<string, string> =
      asked.chosen?.way === 'header' ? { 'x-organization-id': asked.chosen.organization } : {};
    return gateway.get<List>(`/api/audit${asked.system ? '/system' : ''}?${search}`, asked.key, headers);
  };

  test(`answers what a plain evaluation of the same filter over the tenant’s events gives (${cases} cases)`, {
    timeout: 300_000 + cases * 100,
  }, async () => {
    let found = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(arbitraryCase, async (asked) => {
        const tenant = tenantOf(asked);
        if (!tenant) {
          const { status } = await ask(asked, null);
          assert.ok(status === 403 || (status === 400 && asked.system), `answered ${status}`);
          refused += 1;
          return;
        }
        const ids: string[] = [];
        let cursor: string | null = null;
        do {
          const { status, body }: { status: number; body: List } = await ask(asked, cursor);
          assert.equal(status, 200, JSON.stringify(body));
          ids.push(...body.events.map(({ id }) => id));
          cursor = body.next_cursor;
        } while (cursor !== null);
        const expected = events
          .filter(
            (event) =>
              tenant(event) &&
              (asked.query?.holds(event) ?? true) &&
              asked.parameters.every(({ holds }) => holds(event)),
          )
          .map((event, at) => ({ id: event.id, time: microseconds(event.occurred_at), at }))
          .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : a.at - b.at))
          .map(({ id }) => id);
        found += expected.length;
        assert.deepEqual(ids, asked.order === 'newest' ? expected.reverse() : expected);
      }),
      // Each try of a smaller case asks the gateway again, and there are very many.
      { numRuns: cases, endOnFailure: true },
    );
    assert.ok(found > cases * 5, `the queries found only ${found} events: they prove little`);
    assert.ok(refused > cases / 50 && refused < cases * 0.6, `${refused} of ${cases} were refused`);
  });
});
