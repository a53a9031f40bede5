import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import type { EventInput } from '../../services/core/event/index.js';
import { fieldNames } from '../../services/gateway/query/insight/fields.js';
import { arbitraryEvent } from '../support/arbitrary-event.js';
import type { AnyFields } from '../support/gateway.js';
import { createLiveWorld, type LiveWorld } from '../support/live-world.js';
import { type QueryGateway, startQueryGateway } from '../support/query-gateway.js';

const dayMs = 86_400_000;
const start = Date.UTC(2026, 0, 5);
const at = (ms: number): string => new Date(start + ms).toISOString();

/** A field's value of an event as answers show it. */
const fieldOf: Record<string, (event: AnyFields) => string | undefined> = {
  actor: ({ actor }) => actor.id,
  actor_type: ({ actor }) => actor.type,
  actor_email: ({ actor }) => actor.email,
  actor_name: ({ actor }) => actor.name,
  target_type: ({ target }) => target?.type,
  target_id: ({ target }) => target?.id,
  target_name: ({ target }) => target?.name,
};

/** Says the same of the same things in several tenants, each with words that only it uses. */
const twin = (organization_id: string, mark: string): Partial<EventInput>[] => {
  const shared: Partial<EventInput> =
    organization_id === '' ? { scope: 'system', organization_id } : { scope: 'organization', organization_id };
  const who = {
    actor: { id: 'usr_ada', email: 'ada@example.org', name: `Ada ${mark}` },
    user_agent: `${mark} browser`,
  };
  const room = { target: { type: 'room', id: 'r1', name: `${mark} room` } };
  return [
    { ...shared, ...who, ...room, action: 'room.created', occurred_at: at(0), after: { name: mark, size: 1 } },
    {
      ...shared,
      ...who,
      ...room,
      action: 'room.updated',
      occurred_at: at(1_000),
      before: { name: mark, size: 1 },
      after: { name: mark, size: 2 },
    },
    {
      ...shared,
      ...who,
      action: 'door.opened',
      occurred_at: at(2_000),
      related: [{ type: 'room', id: 'r1' }],
      service: `${mark}-doors`,
      correlation_id: 'flow_1',
    },
    {
      ...shared,
      action: 'door.closed',
      occurred_at: at(3_500),
      outcome: 'failure',
      service: `${mark}-locks`,
      reason: `${mark}_jammed`,
      correlation_id: 'flow_1',
      actor: { type: 'service', id: `svc_${mark}` },
      ip: organization_id === 'globex' ? '203.0.113.9' : '192.0.2.4',
    },
  ];
};

describe('insight', () => {
  let live: LiveWorld;
  let gateway: QueryGateway;

  const get = async (path: string, key = 'acme', headers?: Record<string, string>): Promise<AnyFields> => {
    const { status, body } = await gateway.get<AnyFields>(`/api/audit${path}`, key, headers);
    assert.equal(status, 200, `${path}: ${JSON.stringify(body)}`);
    return body;
  };
  const status = async (path: string, key = 'acme'): Promise<number> =>
    (await gateway.get(`/api/audit${path}`, key)).status;
  const events = async (query: string, key: string): Promise<AnyFields[]> => {
    const all: AnyFields[] = [];
    for (let cursor = ''; ; ) {
      const page = await get(`?limit=1000${query && `&${query}`}${cursor && `&cursor=${cursor}`}`, key);
      all.push(...page.events);
      if (page.next_cursor === null) return all;
      cursor = page.next_cursor;
    }
  };

  before(async () => {
    live = await createLiveWorld({ partitions: 2 });
    await live.startConsumer();
    const random = fc
      .sample(arbitraryEvent, { numRuns: 600, seed: 11 })
      .map((event) => (event.organization_id === 'acme' ? { ...event, organization_id: 'odd' } : event));
    const inputs = [...twin('acme', 'acmeish'), ...twin('globex', 'globexish'), ...twin('', 'systemic'), ...random];
    for (let from = 0; from < inputs.length; from += 100) await live.record(inputs.slice(from, from + 100));
    await live.world.delivered();
    gateway = await startQueryGateway(live.world.config);
    gateway.keys.add('acme', ['acme']);
    gateway.keys.add('odd', ['odd'], ['view:audit_logs', 'view:owner_events']);
    gateway.keys.add('globex', ['globex']);
    gateway.keys.add('two', ['odd', 'globex']);
    gateway.keys.add('everywhere', '*', ['view:audit_logs']);
    gateway.keys.add('auditor', ['acme'], ['view:system_audit_logs']);
    gateway.keys.add('writer', ['acme'], ['write:events', 'verify']);
  });
  after(async () => {
    await gateway?.stop();
    await live?.remove();
  });

  describe('facets', () => {
    const counted = (all: AnyFields[], field: string): { counts: Map<string, number>; none: number } => {
      const counts = new Map<string, number>();
      let none = 0;
      for (const event of all) {
        const value = (fieldOf[field] ?? ((of: AnyFields) => of[field]))(event);
        if (value === undefined) none += 1;
        else counts.set(value, (counts.get(value) ?? 0) + 1);
      }
      return { counts, none };
    };

    test('count each field exactly as a plain count over the listed events does, under any filter and for any tenant', async () => {
      const filters = ['outcome=failure,denied', 'q=action:auth.* OR ip:10.0.0.0/8', 'category=member', 'actor=nobody'];
      const asked: Record<string, string[]> = {
        odd: [''],
        two: filters,
        everywhere: ['', ...filters.slice(0, 1)],
        acme: [''],
      };
      for (const [key, queries] of Object.entries(asked)) {
        for (const query of queries) {
          const all = await events(query, key);
          for (const fields of [fieldNames.slice(0, 12), fieldNames.slice(12)]) {
            const { facets } = await get(`/facets?top=200&fields=${fields}&${query}`, key);
            assert.deepEqual(Object.keys(facets), fields);
            for (const field of fields) {
              const { counts, none } = counted(all, field);
              const facet = facets[field];
              const given = new Map(facet.values.map(({ value, count }: AnyFields) => [value, count]));
              assert.deepEqual(given, counts, `${field} of ${key} under ${query}`);
              assert.deepEqual(
                [facet.total, facet.none, facet.other, facet.distinct],
                [all.length, none, 0, counts.size],
                `${field} of ${key} under ${query}`,
              );
              const order = facet.values.map(({ count }: AnyFields) => count);
              assert.deepEqual(
                order,
                order.toSorted((a: number, b: number) => b - a),
              );
            }
          }
        }
      }
    });

    test('say how many events the values not shown have', async () => {
      const [whole, cut] = [
        await get('/facets?fields=actor&top=200', 'odd'),
        await get('/facets?fields=actor&top=2', 'odd'),
      ];
      const { values, other, total, none, distinct } = cut.facets.actor;
      assert.deepEqual(values, whole.facets.actor.values.slice(0, 2));
      assert.equal(values.reduce((sum: number, { count }: AnyFields) => sum + count, 0) + other + none, total);
      assert.ok(other > 0 && distinct > 2);
    });

    test('can leave the filter on the field itself out, and name what ids stand for', async () => {
      const narrow = await get('/facets?fields=outcome,action&outcome=failure', 'odd');
      assert.deepEqual(narrow.facets.outcome.distinct, 1);
      const apart = await get('/facets?fields=outcome,action&outcome=failure&exclude_own=true', 'odd');
      assert.deepEqual(apart.facets.outcome, (await get('/facets?fields=outcome', 'odd')).facets.outcome);
      assert.deepEqual(apart.facets.action, narrow.facets.action);
      const { facets } = await get(`/facets?fields=actor,target_id&labels=true&to=${at(dayMs)}`);
      const label = (field: string, id: string) =>
        facets[field].values.find(({ value }: AnyFields) => value === id)?.label;
      assert.deepEqual([label('actor', 'usr_ada'), label('target_id', 'r1')], ['Ada acmeish', 'acmeish room']);
      assert.equal(label('actor', 'svc_acmeish'), undefined);
    });

    test('leave the filter on the organization out only within what the caller may see', async () => {
      const path = '/facets?fields=organization_id&exclude_own=true&organization_id=odd';
      const names = async (key: string): Promise<string[]> =>
        (await get(path, key)).facets.organization_id.values.map(({ value }: AnyFields) => value).sort();
      assert.deepEqual(await names('two'), ['globex', 'odd']);
      assert.deepEqual(await names('odd'), ['odd']);
      assert.equal(await status(path, 'acme'), 403);
    });
  });

  describe('a time series', () => {
    test('has every event in its bucket and no gap', async () => {
      const all = (await events('', 'everywhere')).map(({ occurred_at }) => Date.parse(occurred_at));
      for (const [interval, ms] of [
        ['1h', 3_600_000],
        ['7m', 420_000],
        ['1d', dayMs],
        ['1w', 7 * dayMs],
        ['auto', 0],
      ] as const) {
        const series = await get(`/timeseries?interval=${interval}&from=2026-01-01&to=2026-01-10`, 'everywhere');
        const width = ms || series.interval_seconds * 1_000;
        assert.equal(series.interval_seconds * 1_000, width);
        const starts = series.buckets.map(({ start }: AnyFields) => Date.parse(start));
        for (const [nth, begin] of starts.entries()) if (nth > 0) assert.equal(begin - starts[nth - 1], width);
        for (const [nth, { count }] of series.buckets.entries()) {
          const inside = all.filter((time) => time >= starts[nth] && time < starts[nth] + width);
          assert.equal(count, inside.length, `${interval} ${series.buckets[nth].start}`);
        }
        assert.equal(series.total, all.length);
      }
    });

    test('reaches from the first event to now where no time is given', async () => {
      const series = await get('/timeseries');
      assert.equal(series.from, at(0).replace('Z', '000Z'));
      assert.ok(Date.parse(series.to) >= Date.now() - 60_000);
      assert.equal(series.total, 4);
      assert.ok(series.buckets.length <= 100);
      const nobody = await get('/timeseries?actor=nobody');
      assert.deepEqual([nobody.total, nobody.buckets, nobody.from], [0, [], null]);
      const empty = await get('/timeseries?actor=nobody&from=2026-01-01&to=2026-01-02&interval=1h');
      assert.equal(empty.buckets.length, 24);
      assert.deepEqual((await get('/timeseries?from=2026-01-01&to=2026-01-01')).buckets, []);
    });

    test('tells the most frequent values of a field apart, whichever field it is', async () => {
      const all = await events('from=2026-01-01&to=2026-01-02', 'everywhere');
      for (const by of fieldNames) {
        const series = await get(`/timeseries?interval=2h&from=2026-01-01&to=2026-01-02&by=${by}&top=3`, 'everywhere');
        for (const { value, counts, total } of series.series) {
          const own = all.filter((event) => (fieldOf[by] ?? ((of: AnyFields) => of[by]))(event) === value);
          const expected = series.buckets.map(({ start }: AnyFields) => {
            const begin = Date.parse(start);
            return own.filter(({ occurred_at }) => {
              const time = Date.parse(occurred_at);
              return time >= begin && time < begin + 7_200_000;
            }).length;
          });
          assert.deepEqual([counts, total], [expected, own.length], `${by}=${value}`);
        }
        const told = series.series.reduce((sum: number, { total }: AnyFields) => sum + total, 0);
        const other = series.other.reduce((sum: number, count: number) => sum + count, 0);
        assert.equal(told + other, series.total, by);
      }
    });

    test('is refused where it would be too long, and says which interval would do', async () => {
      const { status: answered, body } = await gateway.get<AnyFields>(
        '/api/audit/timeseries?interval=1s&from=2026-01-01&to=2026-01-02',
        'acme',
      );
      assert.deepEqual([answered, body.errors[0].parameter], [400, 'interval']);
      assert.match(body.detail, /86400 buckets.*15m would do/);
    });
  });

  describe('values for autocomplete', () => {
    const values = async (path: string, key?: string): Promise<string[]> =>
      (await get(`/values/${path}`, key)).values.map(({ value }: AnyFields) => value);

    test('are those that begin with what was typed, in any case', async () => {
      assert.deepEqual(await values('action?prefix=DOOR'), ['door.closed', 'door.opened']);
      assert.deepEqual(await values('category?prefix=ro'), ['room']);
      assert.deepEqual(await values('ip?prefix=192.0'), ['192.0.2.4']);
      assert.deepEqual(await values('ip?prefix=2001:db8:', 'odd').then((all) => all.sort()), [
        '2001:db8:1::1',
        '2001:db8::1',
      ]);
      assert.deepEqual(await values('outcome?prefix=f'), ['failure']);
      assert.deepEqual(await values('actor?prefix=usr'), ['usr_ada']);
      assert.deepEqual(await values('actor_email?prefix=ADA'), ['ada@example.org']);
      assert.deepEqual(await values('service?prefix=acmeish-'), ['acmeish-doors', 'acmeish-locks']);
      assert.deepEqual(await values('actor?prefix=%25', 'odd'), ['%'], 'a wildcard is a letter');
      assert.deepEqual(await values('actor?prefix=ÜNÏ', 'odd'), ['ünïcødé 🜂']);
      assert.deepEqual(await values('action?prefix=nothing'), []);
    });

    test('are each once, as many as were asked for, under the filters', async () => {
      const all = await get('/values/actor?limit=100', 'odd');
      assert.equal(new Set(all.values.map(({ value }: AnyFields) => value)).size, all.values.length);
      assert.equal(all.complete, true);
      const few = await get('/values/actor?limit=3', 'odd');
      assert.deepEqual(
        few.values.map(({ value }: AnyFields) => value),
        all.values.slice(0, 3).map(({ value }: AnyFields) => value),
      );
      assert.equal(few.complete, false);
      assert.deepEqual(await values('action?outcome=failure'), ['door.closed']);
      assert.deepEqual(await values('action?prefix=&limit=1&category=room'), ['room.created']);
    });

    test('of the newest events come first', async () => {
      const newest = new Date().toISOString();
      await live.record([{ organization_id: 'fresh', action: 'new.one', occurred_at: newest }]);
      await live.record(
        Array.from({ length: 5 }, () => ({ organization_id: 'fresh', action: 'old.one', occurred_at: at(0) })),
      );
      await live.world.delivered();
      gateway.keys.add('fresh', ['fresh']);
      assert.deepEqual(await values('action', 'fresh'), ['new.one', 'old.one']);
    });
  });

  describe('an entity', () => {
    const path = '/entities/room/r1';

    test('has a history, newest first, of what targets it and what relates to it', async () => {
      const { events: history, entity, state, next_cursor } = await get(path);
      assert.deepEqual(
        history.map(({ action }: AnyFields) => action),
        ['door.opened', 'room.updated', 'room.created'],
      );
      assert.deepEqual([entity, state, next_cursor], [{ type: 'room', id: 'r1' }, undefined, null]);
      assert.deepEqual((await get('/entities/door/r1')).events, []);
      assert.equal((await get(`${path}?kind=stateful&action=updated`)).events.length, 1);
    });

    test('is paged through by a cursor that is good for it alone', async () => {
      const seen: string[] = [];
      let cursor = '';
      do {
        const page = await get(`${path}?limit=1${cursor && `&cursor=${cursor}`}`);
        seen.push(...page.events.map(({ action }: AnyFields) => action));
        cursor = page.next_cursor ?? '';
      } while (cursor);
      assert.deepEqual(seen, ['door.opened', 'room.updated', 'room.created']);
      const { next_cursor } = await get(`${path}?limit=1`);
      assert.equal(await status(`/entities/room/r2?limit=1&cursor=${next_cursor}`), 400);
      assert.equal(await status(`${path}?limit=1&cursor=${next_cursor}`, 'globex'), 400);
      assert.equal(await status(`?limit=1&cursor=${next_cursor}`), 400);
    });

    test('has a state at a time, with the event that states it', async () => {
      const state = async (when: string, key = 'acme') => (await get(`${path}?at=${when}`, key)).state;
      const before = await state(at(-1));
      assert.deepEqual([before.status, before.value, before.basis], ['unavailable', undefined, []]);
      const first = await state(at(0));
      assert.deepEqual([first.status, first.value], ['exact', { name: 'acmeish', size: 1 }]);
      const later = await state('now');
      assert.deepEqual([later.status, later.value], ['exact', { name: 'acmeish', size: 2 }]);
      const [basis] = later.basis;
      assert.deepEqual([basis.action, basis.used], ['room.updated', 'after']);
      assert.equal((await get(`/${basis.id}`)).id, basis.id);
      assert.deepEqual((await state('now', 'globex')).value, { name: 'globexish', size: 2 });
      assert.equal(await status(`${path}?at=tomorrow`), 400);
    });

    test('of many changes is known from the newest and the oldest of them', async () => {
      const target = { type: 'busy', id: 'b1' };
      const changes = Array.from({ length: 1_200 }, (_, n) => ({
        organization_id: 'acme',
        action: 'busy.updated',
        target,
        occurred_at: at(10_000 + n),
        before: { n: n - 1 },
        after: { n },
      }));
      await live.record([
        {
          organization_id: 'acme',
          action: 'busy.created',
          target,
          occurred_at: at(9_999),
          after: { n: -1, name: 'b' },
        },
        // What was refused changed nothing.
        {
          organization_id: 'acme',
          action: 'busy.updated',
          target,
          outcome: 'denied',
          occurred_at: at(11_199),
          after: { n: 7 },
        },
      ]);
      for (let from = 0; from < changes.length; from += 400) await live.record(changes.slice(from, from + 400));
      await live.world.delivered();
      const { state } = await get('/entities/busy/b1?at=now&limit=1');
      assert.deepEqual([state.status, state.value], ['approximate', { n: 1_199, name: 'b' }]);
    });

    test('may have any name', async () => {
      const id = encodeURIComponent('a/b ünïcødé?#%');
      await live.record([
        { organization_id: 'acme', action: 'odd.named', target: { type: 'x y', id: 'a/b ünïcødé?#%' } },
      ]);
      await live.world.delivered();
      assert.equal((await get(`/entities/x%20y/${id}`)).events.length, 1);
      assert.equal(await status('/entities/room/%00'), 400);
      assert.equal(await status('/entities/room/%ff'), 400);
    });
  });

  test('a workflow is told across services, with its durations, gaps and outcomes', async () => {
    const flow = await get('/correlations/flow_1');
    assert.deepEqual(
      [flow.correlation_id, flow.total, flow.duration_ms, flow.outcome, flow.outcomes],
      ['flow_1', 2, 1_500, 'mixed', { success: 1, failure: 1 }],
    );
    assert.deepEqual(
      flow.services.map(({ service, events, failures, duration_ms }: AnyFields) => [
        service,
        events,
        failures,
        duration_ms,
      ]),
      [
        ['acmeish-doors', 1, 0, 0],
        ['acmeish-locks', 1, 1, 0],
      ],
    );
    const told = ({ offset_ms, gap_ms, event }: AnyFields) => [offset_ms, gap_ms, event.action];
    assert.deepEqual(flow.timeline.map(told), [
      [0, null, 'door.opened'],
      [1_500, 1_500, 'door.closed'],
    ]);
    const first = await get('/correlations/flow_1?limit=1');
    assert.equal(first.total, 2);
    const second = await get(`/correlations/flow_1?limit=1&cursor=${first.next_cursor}`);
    assert.deepEqual([...first.timeline, ...second.timeline].map(told), flow.timeline.map(told));
    assert.equal(second.next_cursor, null);
    assert.equal((await get('/correlations/flow_1?outcome=success')).outcome, 'success');
    assert.equal((await get('/correlations/flow_1?outcome=failure')).outcome, 'failure');
    assert.equal(await status('/correlations/flow_2'), 404);
    assert.equal(await status('/correlations/flow_1?correlation_id=flow_1'), 400);
  });

  describe('an actor', () => {
    test('is told by id or email: from where, with what, when, doing what', async () => {
      const byId = await get('/actors/usr_ada');
      assert.deepEqual({ ...(await get('/actors/ada@example.org')), actor: byId.actor }, byId);
      assert.deepEqual([byId.events, byId.failures, byId.outcomes], [3, 0, { success: 3 }]);
      assert.deepEqual([byId.first_at, byId.last_at].map(Date.parse), [start, start + 2_000]);
      assert.deepEqual(
        byId.identities.values.map(({ type, id, email, name, events }: AnyFields) => [type, id, email, name, events]),
        [['user', 'usr_ada', 'ada@example.org', 'Ada acmeish', 3]],
      );
      assert.deepEqual(
        byId.user_agents.values.map(({ user_agent, events }: AnyFields) => [user_agent, events]),
        [['acmeish browser', 3]],
      );
      assert.deepEqual(
        byId.actions.values.map(({ value }: AnyFields) => value),
        ['door.opened', 'room.created', 'room.updated'],
      );
      const service = await get('/actors/svc_acmeish');
      assert.deepEqual(
        service.recent_failures.map(({ action }: AnyFields) => action),
        ['door.closed'],
      );
      assert.deepEqual(
        service.addresses.values.map(({ ip, events, failures }: AnyFields) => [ip, events, failures]),
        [['192.0.2.4', 1, 1]],
      );
      assert.equal(await status('/actors/nobody'), 404);
      assert.equal(await status('/actors/usr_ada?user=x'), 400);
      assert.equal(await status('/actors/usr_ada?from=2030-01-01'), 404);
    });

    test('has hours in the time zone that is asked for', async () => {
      const hours = async (query: string) => (await get(`/actors/usr_ada${query}`)).hours;
      const utc = await hours('');
      assert.equal(utc.timezone, 'UTC');
      // 2026-01-05 is a Monday.
      assert.equal(utc.counts[0][0], 3);
      assert.equal(
        utc.counts.flat().reduce((sum: number, count: number) => sum + count, 0),
        3,
      );
      assert.equal((await hours('?timezone=America/New_York')).counts[6][19], 3);
      assert.equal((await hours('?timezone=Asia/Kolkata')).counts[0][5], 3);
      assert.equal(await status('/actors/usr_ada?timezone=Nowhere'), 400);
    });

    test('with odd names is found by them', async () => {
      const all = await events('', 'odd');
      for (const name of ["o'neil", 'back\\slash', '{p0:String}', '%', 'tab\tand\nline', 'ünïcødé 🜂']) {
        const own = all.filter(({ actor }) => actor.id === name || actor.email === name);
        const found = await get(`/actors/${encodeURIComponent(name)}`, 'odd');
        assert.equal(found.events, own.length, name);
        assert.equal(found.failures, own.filter(({ outcome }) => outcome !== 'success').length);
        const addresses = new Set(own.map(({ ip }) => ip ?? ''));
        assert.deepEqual(new Set(found.addresses.values.map(({ ip }: AnyFields) => ip)), addresses);
      }
    });
  });

  const everyWay = [
    `/facets?top=200&labels=true&fields=${fieldNames.slice(0, 12)}`,
    `/facets?top=200&exclude_own=true&fields=${fieldNames.slice(12)}`,
    ...fieldNames.flatMap((field) => [`/timeseries?by=${field}&interval=52w`, `/values/${field}?limit=100`]),
    '/entities/room/r1?at=now',
    '/correlations/flow_1',
    '/actors/usr_ada',
    '/actors/ada@example.org',
  ];

  test('nothing of another tenant is in any answer, whatever they have in common', async () => {
    const marks = ['acmeish', 'globexish', 'systemic'];
    for (const [prefix, key, own] of [
      ['', 'acme', 'acmeish'],
      ['', 'globex', 'globexish'],
      ['/system', 'auditor', 'systemic'],
    ] as const) {
      let said = 0;
      for (const path of everyWay) {
        const text = JSON.stringify(await get(`${prefix}${path}`, key));
        if (text.includes(own)) said += 1;
        for (const other of marks) assert.ok(other === own || !text.includes(other), `${other} in ${prefix}${path}`);
      }
      assert.ok(said > 10, `the answers of ${key} say ${said} times whose they are: they prove little`);
    }
    // What is only one tenant's is found by that one alone.
    assert.equal(await status('/actors/svc_globexish'), 404);
    assert.equal(await status('/actors/svc_acmeish', 'globex'), 404);
    for (const path of everyWay) {
      const asked = `${path}${path.includes('?') ? '&' : '?'}organization_id=globex`;
      assert.equal(await status(asked), 403, path);
      assert.equal((await gateway.get(`/api/audit${path}`, 'acme', { 'x-organization-id': 'globex' })).status, 403);
      assert.equal(await status(`/system${asked}`, 'auditor'), 400, 'the system scope has no organizations');
    }
  });

  test('owners’ events are in no answer to anybody else', async () => {
    const { facets } = await get('/facets?fields=category', 'odd');
    assert.ok(facets.category.values.some(({ value }: AnyFields) => value === 'billing'));
    gateway.keys.add('member', ['odd']);
    const member = await get('/facets?fields=category', 'member');
    assert.ok(!member.facets.category.values.some(({ value }: AnyFields) => value === 'billing'));
    assert.deepEqual((await get('/values/action?prefix=billing', 'member')).values, []);
  });

  test('each way needs its permission', async () => {
    for (const path of everyWay) {
      assert.equal(await status(path, 'writer'), 403);
      assert.equal(await status(path, 'auditor'), 403);
      assert.equal(await status(`/system${path}`, 'acme'), 403);
      assert.equal(await status(path, 'nobody knows it'), 401);
    }
  });

  test('what is asked wrongly is refused and named', async () => {
    for (const [path, parameter] of [
      ['/facets?fields=colour', 'fields'],
      ['/facets?scope=system', 'scope'],
      ['/facets?limit=3', 'limit'],
      ['/timeseries?by=action&top=0', 'top'],
      ['/timeseries?interval=fortnight', 'interval'],
      ['/values/colour', 'field'],
      ['/values/action?limit=1000', 'limit'],
      ['/entities/room/r1?cursor=x', 'cursor'],
      ['/correlations/flow_1?at=now', 'at'],
      ['/actors/a?timezone=x', 'timezone'],
      ['/facets?q=(', 'q'],
    ] as const) {
      const { status: answered, body } = await gateway.get<AnyFields>(`/api/audit${path}`, 'acme');
      assert.deepEqual([answered, body.errors?.[0]?.parameter], [400, parameter], path);
    }
  });
});
