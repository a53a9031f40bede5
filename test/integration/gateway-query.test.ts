import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { EventInput } from '../../services/core/event/index.js';
import { createLiveWorld, type LiveWorld } from '../support/live-world.js';
import { type QueryGateway, startQueryGateway } from '../support/query-gateway.js';

interface List {
  events: { id: string; message: string; occurred_at: string; organization_id?: string; scope: string }[];
  next_cursor: string | null;
  persistentLogging: boolean;
  caught_up?: boolean;
  page?: number;
  per_page?: number;
  total?: number;
}
interface ProblemBody {
  type: string;
  detail: string;
  errors: { parameter: string; detail: string }[];
}

const dayMs = 86_400_000;
const at = (ms: number): string => new Date(ms).toISOString();

describe('GET /api/audit', () => {
  let live: LiveWorld;
  let gateway: QueryGateway;
  const start = Date.now() - dayMs;
  const inputs: Partial<EventInput>[] = [];

  const list = async (query: string, key = 'acme', headers?: Record<string, string>): Promise<List> => {
    const { status, body } = await gateway.get<List>(`/api/audit?${query}`, key, headers);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };
  const problem = async (path: string, key = 'acme', headers?: Record<string, string>) => {
    const { status, body } = await gateway.get<ProblemBody>(path, key, headers);
    return { status, ...body, parameter: body.errors?.[0]?.parameter };
  };

  before(async () => {
    live = await createLiveWorld({ partitions: 2 });
    await live.startConsumer();
    for (let n = 0; n < 500; n += 1) {
      inputs.push({
        message: `#${n}`,
        // Several share a time, so that pages end within one.
        occurred_at: at(start + Math.floor(n / 7) * 1_000),
        organization_id: n % 5 === 0 ? 'globex' : 'acme',
        action: n % 2 === 0 ? 'auth.login' : 'member.added',
        outcome: n % 3 === 0 ? 'failure' : 'success',
        actor: n % 4 === 0 ? { id: `usr_${n % 8}` } : { type: 'service', id: 'cron' },
      });
    }
    for (let from = 0; from < 500; from += 50) await live.record(inputs.slice(from, from + 50));
    await live.record([{ scope: 'system', organization_id: '', message: 'system', action: 'key.created' }]);
    await live.world.delivered();
    gateway = await startQueryGateway(live.world.config);
    gateway.keys.add('acme', ['acme']);
    gateway.keys.add('globex', ['globex']);
    gateway.keys.add('both', ['acme', 'globex']);
    gateway.keys.add('auditor', ['acme'], ['view:audit_logs', 'view:system_audit_logs']);
    gateway.keys.add('verifier', ['acme'], ['verify']);
    gateway.keys.add('nothing', ['acme'], ['write:events']);
  });
  after(async () => {
    await gateway.stop();
    await live.remove();
  });

  const acmes = () => inputs.filter(({ organization_id }) => organization_id === 'acme');

  test('answers newest first, a hundred at a time', async () => {
    const { events, persistentLogging, next_cursor } = await list('');
    assert.equal(events.length, 100);
    assert.equal(persistentLogging, true);
    assert.ok(next_cursor);
    const times = events.map(({ occurred_at }) => occurred_at);
    assert.deepEqual(times, times.toSorted().reverse());
  });

  test('pages through everything once, whatever the size of the pages', async () => {
    for (const limit of [1_000, 150, 7]) {
      const seen: string[] = [];
      let cursor = '';
      do {
        const page = await list(`limit=${limit}${cursor && `&cursor=${cursor}`}`);
        assert.ok(page.events.length <= limit);
        seen.push(...page.events.map(({ message }) => message));
        cursor = page.next_cursor ?? '';
      } while (cursor);
      assert.equal(seen.length, acmes().length);
      assert.deepEqual(new Set(seen), new Set(acmes().map(({ message }) => message)));
    }
  });

  test('answers oldest first too, by any name of it, and pages on', async () => {
    const newest = await list('limit=1000');
    for (const order of ['order=oldest', 'sort=oldest', 'sort=asc']) {
      const ids: string[] = [];
      let cursor = '';
      do {
        const page = await list(`${order}&limit=170${cursor && `&cursor=${cursor}`}`);
        ids.push(...page.events.map(({ id }) => id));
        cursor = page.next_cursor ?? '';
      } while (cursor);
      assert.deepEqual(ids, newest.events.map(({ id }) => id).reverse());
    }
    const { next_cursor } = await list('limit=10');
    const turned = await gateway.get(`/api/audit?order=oldest&limit=10&cursor=${next_cursor}`, 'acme');
    assert.equal(turned.status, 400);
  });

  test('gives pages by number and by offset, with the total where a page is asked for', async () => {
    const all = (await list('limit=1000')).events.map(({ id }) => id);
    const third = await list('page=3&per_page=30');
    assert.deepEqual(
      third.events.map(({ id }) => id),
      all.slice(60, 90),
    );
    assert.deepEqual([third.page, third.per_page, third.total], [3, 30, all.length]);
    const skipped = await list('offset=95&limit=10&action=login');
    assert.equal(skipped.total, undefined);
    const logins = (await list('limit=1000&action=login')).events.map(({ id }) => id);
    assert.deepEqual(
      skipped.events.map(({ id }) => id),
      logins.slice(95, 105),
    );
    assert.deepEqual((await list('page=200&per_page=50')).events, []);
    for (const bad of [
      'page=0',
      'page=1.5',
      'page=60&per_page=200',
      'per_page=201',
      'page=1&limit=201',
      'offset=10001',
      'offset=-1',
      'page=2&offset=3',
      'page=2&cursor=x',
      'limit=10&per_page=10',
      'order=newest&sort=newest',
      'order=sideways',
      'sort=ingest',
      'order=ingest&page=2',
    ]) {
      const { status, body } = await gateway.get(`/api/audit?${bad}`, 'acme');
      assert.equal(status, 400, `${bad}: ${JSON.stringify(body)}`);
    }
  });

  test('keeps its place while events come in', async () => {
    const first = await list('limit=50');
    await live.record([{ message: 'newer', occurred_at: at(Date.now()) }]);
    await live.world.delivered();
    const second = await list(`limit=50&cursor=${first.next_cursor}`);
    const both = [...first.events, ...second.events].map(({ id }) => id);
    assert.equal(new Set(both).size, 100);
    assert.ok(!second.events.some(({ message }) => message === 'newer'));
    inputs.push({ message: 'newer', organization_id: 'acme', action: 'auth.login', actor: { id: 'usr_1' } });
  });

  test('takes a cursor only from the same tenant and the same filters', async () => {
    const { next_cursor } = await list('action=login&limit=10');
    assert.equal((await list(`limit=20&action=login&cursor=${next_cursor}`)).events.length, 20);
    for (const [path, key] of [
      [`action=logi&cursor=${next_cursor}`, 'acme'],
      [`cursor=${next_cursor}`, 'acme'],
      [`action=login&cursor=${next_cursor}`, 'globex'],
      [`action=login&cursor=${next_cursor}`, 'both'],
      [`action=login&cursor=${next_cursor!.slice(0, -2)}`, 'acme'],
      [`action=login&cursor=AAAA`, 'acme'],
    ]) {
      const { status, parameter } = await problem(`/api/audit?${path}`, key);
      assert.deepEqual([status, parameter], [400, 'cursor'], path);
    }
  });

  test('shows a tenant its own events and no other, however it asks', async () => {
    const ids = new Set((await list('limit=1000', 'globex')).events.map(({ id }) => id));
    assert.equal(ids.size, 100);
    for (const query of ['limit=1000', 'limit=1000&organization_id=acme', 'limit=1000&scope=organization']) {
      const { events } = await list(query);
      assert.ok(events.length > 300);
      assert.ok(events.every(({ id, organization_id }) => organization_id === 'acme' && !ids.has(id)));
    }
    const [globex] = ids;
    assert.equal((await problem(`/api/audit/${globex}`)).status, 404);
    assert.equal((await problem(`/api/audit/${globex}/verify`)).status, 404);
    assert.equal((await problem('/api/audit?organization_id=globex')).status, 403);
    assert.equal((await problem('/api/audit', 'acme', { 'x-organization-id': 'globex' })).status, 403);
    assert.equal(
      (await problem('/api/audit?organization_id=acme', 'both', { 'x-organization-id': 'globex' })).status,
      403,
    );
  });

  test('lets a caller with several organizations see all of them or choose', async () => {
    const count = async (query: string, key: string, headers?: Record<string, string>): Promise<number> =>
      (await list(`limit=1000&${query}`, key, headers)).events.length;
    const all = await count('', 'both');
    const acme = await count('', 'both', { 'x-organization-id': 'acme' });
    const globex = await count('organization_id=globex', 'both');
    assert.deepEqual([acme, globex, all], [acmes().length, 100, acmes().length + 100]);
    assert.equal(await count('', 'admin'), all);
    assert.equal(await count('organization_id=globex', 'admin'), globex);
    assert.equal(await count('organization_id=nobody', 'admin'), 0);
  });

  test('gives the system scope at its own path, under its own permission', async () => {
    const { body, status } = await gateway.get<List>('/api/audit/system', 'auditor');
    assert.equal(status, 200);
    assert.deepEqual(
      body.events.map(({ scope, message }) => [scope, message]),
      [['system', 'system']],
    );
    assert.equal((await problem('/api/audit/system', 'acme')).status, 403);
    const { id } = body.events[0]!;
    assert.equal((await problem(`/api/audit/${id}`, 'admin')).status, 404);
    assert.equal((await gateway.get(`/api/audit/system/${id}`, 'auditor')).status, 200);
    assert.equal((await gateway.get(`/api/audit/system/${id}/verify`, 'auditor')).body.verified, true);
    const { parameter, detail } = await problem('/api/audit?scope=system', 'auditor');
    assert.equal(parameter, 'scope');
    assert.match(detail, /\/api\/audit\/system/);
  });

  test('finds by time, and by a preset', async () => {
    const from = at(start + 10_000);
    const to = start + 20_000;
    const expected = acmes().filter(({ occurred_at }) => occurred_at && occurred_at >= from && occurred_at < at(to));
    assert.equal((await list(`from=${from}&to=${to}&limit=1000`)).events.length, expected.length);
    assert.equal((await list(`startTime=${from}&endTime=${to}&limit=1000`)).events.length, expected.length);
    const shifted = new Date(start + 10_000 + 7_200_000).toISOString().replace('Z', '+02:00');
    assert.equal((await list(`from=${shifted}&to=${to}&limit=1000`)).events.length, expected.length);
    assert.equal((await list('preset=7d&limit=1000')).events.length, acmes().length);
  });

  const bad: [query: string, parameter: string, detail: RegExp][] = [
    ['colour=red', 'colour', /no parameter here; known are q, action/],
    ['limit=1001', 'limit', /1 to 1000/],
    ['limit=0', 'limit', /1 to 1000/],
    ['limit=ten', 'limit', /1 to 1000/],
    ['limit=1&limit=2', 'limit', /more than once/],
    ['from=yesterday', 'from', /RFC 3339/],
    ['from=2026-02-30T00:00:00Z', 'from', /RFC 3339/],
    ['from=2026-02-02T00:00:00Z&to=2026-02-01T00:00:00Z', 'from', /after to/],
    ['startTime=2&endTime=1', 'startTime', /after endTime/],
    ['preset=1y', 'preset', /24h, 7d, 30d/],
    ['preset=24h&from=1', 'preset', /beside from/],
    ['action=a&event=b', 'event', /another name of action/],
    ['outcome=fine', 'outcome', /success, failure/],
    ['success=yes', 'success', /true nor false/],
    ['actor_type=robot', 'actor_type', /user/],
    ['ip=10.0.0.0/33', 'ip', /CIDR/],
    ['ip=localhost', 'ip', /CIDR/],
    ['action=', 'action', /empty/],
    [`actor=${'x'.repeat(1_100)}`, 'actor', /longer than/],
    ['order=up', 'order', /none of newest, oldest/],
    ['since=now', 'since', /order=ingest/],
    ['order=ingest&cursor=x', 'cursor', /since/],
    ['order=ingest&since=x', 'since', /no cursor/],
  ];
  for (const [query, name, says] of bad) {
    test(`refuses ${query.slice(0, 60)}, naming ${name}`, async () => {
      const { status, parameter, type, detail } = await problem(`/api/audit?${query}`);
      assert.deepEqual([status, parameter, type], [400, name, 'urn:sealstream:problem:invalid-request']);
      assert.match(detail, says);
    });
  }

  test('gives one event, and 404 for an id that is none or nobody’s', async () => {
    const [newest] = (await list('limit=1')).events;
    const { body } = await gateway.get(`/api/audit/${newest!.id}`, 'acme');
    assert.deepEqual(body, newest);
    assert.equal((await problem('/api/audit/facets-of-nothing')).status, 404);
    assert.equal((await problem('/api/audit/0198c0de-0000-7000-8000-000000000001')).status, 404);
  });

  test('verifies an event for whoever may see it, and for a key that may do only that', async () => {
    const [newest] = (await list('limit=1')).events;
    for (const key of ['acme', 'verifier', 'admin']) {
      const { body } = await gateway.get(`/api/audit/${newest!.id}/verify`, key);
      assert.equal(body.verified, true);
      assert.equal(body.available, true);
    }
    assert.equal((await problem(`/api/audit/${newest!.id}`, 'verifier')).status, 403);
    assert.equal((await problem(`/api/audit/${newest!.id}/verify`, 'nothing')).status, 403);
    assert.equal((await problem(`/api/audit/${newest!.id}`, 'unknown')).status, 401);
  });

  test('counts exactly, under the same filters', async () => {
    const { body } = await gateway.get('/api/audit/summary', 'acme');
    const counted = (name: 'action' | 'outcome'): Record<string, number> => {
      const counts: Record<string, number> = {};
      for (const input of acmes()) {
        const value = input[name] ?? 'success';
        counts[value] = (counts[value] ?? 0) + 1;
      }
      return counts;
    };
    assert.equal(body.total, acmes().length);
    assert.deepEqual(body.by_action, counted('action'));
    assert.deepEqual(body.by_outcome, counted('outcome'));
    assert.deepEqual(body.by_category, {
      auth: counted('action')['auth.login'],
      member: counted('action')['member.added'],
    });
    const failed = await gateway.get('/api/audit/summary?action=login&success=false', 'acme');
    assert.equal(
      failed.body.total,
      acmes().filter(({ action, outcome }) => action === 'auth.login' && outcome === 'failure').length,
    );
    const nobody = await gateway.get('/api/audit/summary?actor=nobody', 'acme');
    assert.deepEqual([nobody.body.total, nobody.body.by_action], [0, {}]);
  });

  test('gives a collector everything once, in ingest order, and then what came meanwhile', async () => {
    const seen: string[] = [];
    let since = 'beginning';
    for (let polls = 0; polls < 60; polls += 1) {
      const page = await list(`order=ingest&limit=37&since=${since}`);
      assert.ok(page.events.length <= 37);
      seen.push(...page.events.map(({ message }) => message));
      since = page.next_cursor!;
      if (page.caught_up) break;
    }
    assert.deepEqual(
      seen,
      acmes().map(({ message }) => message),
    );
    assert.deepEqual((await list(`order=ingest&since=${since}`)).events, []);
    await live.record([{ message: 'late', occurred_at: at(start) }]);
    await live.world.delivered();
    inputs.push({ message: 'late', organization_id: 'acme', action: 'auth.login', actor: { id: 'usr_1' } });
    const { events, next_cursor } = await list(`order=ingest&since=${since}`);
    assert.deepEqual(
      events.map(({ message }) => message),
      ['late'],
    );
    const now = await list('order=ingest&since=now');
    assert.deepEqual([now.events, now.next_cursor], [[], next_cursor]);
  });

  describe('where a query may take only so much', () => {
    let small: QueryGateway;
    before(async () => {
      const text = 'x'.repeat(200_000);
      for (let n = 0; n < 40; n += 1) {
        await live.record([{ organization_id: 'big', message: `big ${n}`, details: { text } }]);
      }
      await live.world.delivered({ timeoutMs: 60_000 });
      small = await startQueryGateway(live.world.config, {
        queryLimits: { executionSeconds: 20, memoryBytes: 1_073_741_824, resultBytes: 2_000_000 },
      });
      small.keys.add('big', ['big']);
    });
    after(() => small.stop());

    for (const paging of ['cursor', 'order=ingest&since']) {
      test(`gives a page of large events in parts that fit, by ${paging}`, async () => {
        const seen: string[] = [];
        let pages = 0;
        let cursor = paging === 'cursor' ? '' : 'beginning';
        do {
          const { status, body } = await small.get<List>(
            `/api/audit?limit=1000${cursor && `&${paging}=${cursor}`}`,
            'big',
          );
          assert.equal(status, 200, JSON.stringify(body));
          seen.push(...body.events.map(({ message }) => message));
          pages += 1;
          cursor = body.caught_up ? '' : (body.next_cursor ?? '');
        } while (cursor);
        assert.ok(pages > 1);
        assert.equal(seen.length, 40);
        assert.equal(new Set(seen).size, 40);
      });
    }

    test('says that a query was too heavy, and what to do', async () => {
      const starved = await startQueryGateway(live.world.config, {
        queryLimits: { executionSeconds: 20, memoryBytes: 2_000, resultBytes: 2_000_000 },
      });
      try {
        const { status, body } = await starved.get('/api/audit/summary');
        assert.deepEqual([status, body.type], [422, 'urn:sealstream:problem:query-too-heavy']);
        assert.match(String(body.detail), /more than 2000 bytes of memory; narrow the time range/);
      } finally {
        await starved.stop();
      }
    });
  });
});
