import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { EventInput } from '../../services/core/event/index.js';
import { arbitraryEvent } from '../support/arbitrary-event.js';
import { parseCsv, unguarded } from '../support/csv.js';
import { openExport, type Taken, takeAll } from '../support/exporting.js';
import { createLiveWorld, type LiveWorld } from '../support/live-world.js';
import { type QueryGateway, startQueryGateway } from '../support/query-gateway.js';

type AnyEvent = Record<string, unknown> & { id: string };

interface Page {
  events: AnyEvent[];
  next_cursor: string | null;
}

const formulas = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '＝1', "'=1", "=cmd|' /C calc'!A0"];

describe('an export', () => {
  let live: LiveWorld;
  let gateway: QueryGateway;

  const take = async (path: string, options: Parameters<typeof openExport>[1] = {}): Promise<Taken> =>
    takeAll(await openExport(`${gateway.url}${path}`, options));
  const taken = async (path: string, options?: Parameters<typeof openExport>[1]): Promise<Taken> => {
    const answer = await take(path, options);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.complete, true);
    return answer;
  };
  const problem = async (path: string, options?: Parameters<typeof openExport>[1]) => {
    const { status, text } = await take(path, options);
    const { type, detail, errors } = JSON.parse(text) as {
      type: string;
      detail: string;
      errors?: { parameter: string }[];
    };
    return { status, kind: type.split(':').at(-1), detail, parameter: errors?.[0]?.parameter };
  };
  /** What GET /api/audit gives, page after page. */
  const listed = async (query: string, key = 'admin'): Promise<AnyEvent[]> => {
    const events: AnyEvent[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const path: string = `/api/audit?limit=1000&${query}${cursor === '' ? '' : `&cursor=${cursor}`}`;
      const page: Page = (await gateway.get<Page>(path, key)).body;
      events.push(...page.events);
      cursor = page.next_cursor;
    }
    return events;
  };

  before(async () => {
    live = await createLiveWorld({ partitions: 2 });
    await live.startConsumer();
    const inputs = fc.sample(arbitraryEvent, { numRuns: 1_500, seed: 7 }) as Partial<EventInput>[];
    for (let from = 0; from < inputs.length; from += 500) await live.record(inputs.slice(from, from + 500));
    await live.record(
      formulas.map((text) => ({
        organization_id: 'formulas',
        message: text,
        reason: text.slice(0, 8),
        actor: { id: text, name: text, email: text },
        details: { text },
      })),
    );
    await live.world.delivered();
    gateway = await startQueryGateway(live.world.config);
    gateway.keys.add('acme', ['acme'], ['export:audit_logs']);
    gateway.keys.add('viewer', ['acme'], ['view:audit_logs']);
    gateway.keys.add('system', ['acme'], ['export:audit_logs', 'view:system_audit_logs']);
  });

  after(async () => {
    await gateway?.stop();
    await live?.remove();
  });

  test('in JSON holds what the list gives, in its order, with every filter', async () => {
    for (const query of [
      '',
      'organization_id=acme',
      'action=login&outcome=failure,denied',
      'q=outcome:success ip:10.0.0.0/8',
      'organization_id=globex&order=oldest&success=true',
      'sort=asc&actor_type=user&from=2026-01-01T06:00:00Z',
      'organization_id=nobody',
    ]) {
      const { text, headers, trailers } = await taken(`/api/audit/export?${encodeURI(query)}`);
      const body = JSON.parse(text) as { events: AnyEvent[]; count: number; complete: boolean };
      const expected = await listed(encodeURI(query));
      assert.deepEqual(body.events, expected, query);
      assert.deepEqual([body.count, body.complete], [expected.length, true]);
      assert.equal(headers['x-export-events'], String(expected.length));
      assert.equal(trailers['x-export-complete'], String(expected.length));
    }
  });

  test('in NDJSON holds the same, one event a line', async () => {
    const { text, headers } = await taken('/api/audit/export?format=ndjson&organization_id=acme');
    assert.match(String(headers['content-type']), /^application\/x-ndjson/);
    assert.equal(text.at(-1), '\n');
    const lines = text.slice(0, -1).split('\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)),
      await listed('organization_id=acme'),
    );
  });

  test('in CSV holds the same, cell by cell, and no cell is a formula', async () => {
    const { text, headers } = await taken('/api/audit/export?format=csv');
    assert.match(String(headers['content-type']), /^text\/csv; charset=utf-8/);
    const [head, ...records] = parseCsv(text);
    const events = await listed('');
    assert.equal(records.length, events.length);
    const cell = (value: unknown): string => (value === undefined ? '' : String(value));
    for (const [at, event] of events.entries()) {
      const row = Object.fromEntries(head!.map((name, column) => [name, unguarded(records[at]![column]!)]));
      const { actor, target, details, related } = event as unknown as Record<string, Record<string, unknown>>;
      assert.equal(row.id, event.id);
      for (const name of [
        'occurred_at',
        'recorded_at',
        'scope',
        'organization_id',
        'action',
        'outcome',
        'message',
        'ip',
      ]) {
        assert.equal(row[name], cell(event[name]), name);
      }
      for (const name of ['type', 'id', 'name', 'email']) assert.equal(row[`actor.${name}`], cell(actor?.[name]));
      for (const name of ['type', 'id', 'name']) assert.equal(row[`target.${name}`], cell(target?.[name]));
      assert.deepEqual(row.details === '' ? undefined : JSON.parse(row.details!), details);
      assert.deepEqual(row.related === '' ? undefined : JSON.parse(row.related!), related);
    }
    for (const text of records.flat()) assert.doesNotMatch(text, /^[=+\-@\t\r\n＝＋－＠]/);
  });

  test('gives back formulas that were logged, behind a quote', async () => {
    const { text } = await taken(
      '/api/audit/export?format=csv&organization_id=formulas&order=oldest&fields=message,actor.name',
    );
    const [head, ...records] = parseCsv(text);
    assert.deepEqual(head, ['message', 'actor.name']);
    assert.deepEqual(new Set(records.map(([message]) => message)), new Set(formulas.map((formula) => `'${formula}`)));
    assert.deepEqual(new Set(records.map(([, name]) => unguarded(name!))), new Set(formulas));
  });

  test('has the fields that were asked for, nested as they are', async () => {
    const path = '/api/audit/export?format=ndjson&organization_id=formulas&fields=message,actor.email,action';
    const events = (await taken(path)).text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(Object.keys(events[0]), ['message', 'actor', 'action']);
    assert.deepEqual(Object.keys(events[0].actor), ['email']);
    const whole = (await taken('/api/audit/export?organization_id=formulas&fields=actor')).text;
    assert.deepEqual(Object.keys(JSON.parse(whole).events[0].actor), ['type', 'id', 'name', 'email']);
  });

  test('holds the first so many where a limit says so', async () => {
    const expected = (await listed('')).slice(0, 700);
    const { text } = await taken('/api/audit/export?limit=700');
    assert.deepEqual(JSON.parse(text).events, expected);
  });

  test('begins with a byte order mark where one is wanted, in CSV only', async () => {
    const { bytes } = await taken('/api/audit/export?format=csv&bom=true&limit=1');
    assert.deepEqual([...bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf]);
    assert.equal((await taken('/api/audit/export?format=csv&limit=1')).bytes[0], 'i'.charCodeAt(0));
    assert.equal((await problem('/api/audit/export?bom=true')).parameter, 'bom');
  });

  test('is a file by name, and compressed for those who take that', async () => {
    const { headers, bytes, trailers } = await taken('/api/audit/export?format=csv', {
      headers: { 'accept-encoding': 'gzip, br' },
    });
    assert.match(String(headers['content-disposition']), /^attachment; filename="audit-\d{4}-\d\d-\d\dT\d{6}Z\.csv"$/);
    assert.equal(headers['content-encoding'], 'gzip');
    assert.equal(headers.vary, 'accept-encoding');
    const records = parseCsv(gunzipSync(bytes).toString('utf8'));
    assert.equal(String(records.length - 1), trailers['x-export-complete']);
  });

  test('of HEAD is its headers', async () => {
    const { bytes, headers } = await taken('/api/audit/export?organization_id=formulas', { method: 'HEAD' });
    assert.equal(bytes.length, 0);
    assert.equal(headers['x-export-events'], String(formulas.length));
  });

  test('goes by the other products’ path as well', async () => {
    const { text } = await taken(
      '/api/audit-logs/export?format=ndjson&userId=usr_1&startDate=2026-01-01&endDate=2026-01-01',
    );
    assert.deepEqual(
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
      await listed('actor=usr_1'),
    );
    assert.equal((await problem('/api/audit-logs/export?endDate=never')).parameter, 'endDate');
  });

  test('holds no event of another organization, nor of the system scope', async () => {
    const { text } = await taken('/api/audit/export', { key: 'acme' });
    const events = JSON.parse(text).events as { organization_id: string; scope: string }[];
    assert.ok(events.length > 100);
    assert.ok(events.every(({ organization_id, scope }) => organization_id === 'acme' && scope !== 'system'));
    for (const path of ['/api/audit/export?organization_id=globex', '/api/audit-logs/export?organizationId=globex']) {
      assert.equal((await problem(path, { key: 'acme' })).status, 403);
    }
    const elsewhere = { key: 'acme', headers: { 'x-organization-id': 'globex' } };
    assert.equal((await problem('/api/audit/export', elsewhere)).status, 403);
    assert.equal((await problem('/api/audit/export?scope=system', { key: 'acme' })).parameter, 'scope');
    const q = encodeURIComponent('organization:globex OR scope:system');
    assert.equal(JSON.parse((await taken(`/api/audit/export?q=${q}`, { key: 'acme' })).text).count, 0);
  });

  test('needs its permission, and that of the system scope for the system scope', async () => {
    const viewer = await problem('/api/audit/export', { key: 'viewer' });
    assert.deepEqual([viewer.status, viewer.kind], [403, 'forbidden']);
    assert.match(viewer.detail, /export:audit_logs/);
    assert.match((await problem('/api/audit/system/export', { key: 'acme' })).detail, /view:system_audit_logs/);
    const { text } = await taken('/api/audit/system/export', { key: 'system' });
    const events = JSON.parse(text).events as { scope: string }[];
    assert.ok(events.length > 100 && events.every(({ scope }) => scope === 'system'));
  });

  test('is refused where it says what cannot be, naming it', async () => {
    const refused = async (query: string): Promise<string | undefined> => {
      const { status, parameter } = await problem(`/api/audit/export?${query}`);
      assert.equal(status, 400, query);
      return parameter;
    };
    assert.equal(await refused('format=xml'), 'format');
    assert.equal(await refused('format=csv,json'), 'format');
    assert.equal(await refused('fields=id,colour'), 'fields');
    assert.equal(await refused('fields=id,id'), 'fields');
    assert.equal(await refused('limit=0'), 'limit');
    assert.equal(await refused('limit=1000001'), 'limit');
    assert.equal(await refused('cursor=abc'), 'cursor');
    assert.equal(await refused('filename=a%0d%0aset-cookie:x'), 'filename');
    assert.equal(await refused('format=csv%0d%0aset-cookie:%20x=1'), 'format');
    assert.equal(await refused('order=up'), 'order');
    assert.equal(await refused('order=newest&sort=asc'), 'sort');
    assert.equal(await refused('from=2026-02-01&to=2026-01-01'), 'from');
    assert.equal(await refused('bom=maybe&format=csv'), 'bom');
    assert.equal(await refused(`actor=${Array(101).fill('a').join('&actor=')}`), 'actor');
    assert.equal(await refused('fields[__proto__]=id'), 'fields[__proto__]');
  });

  test('of more than one answer holds is refused, with the number', async () => {
    const small = await startQueryGateway(live.world.config, { exportLimits: { events: 100 } });
    try {
      const { status, text } = await takeAll(await openExport(`${small.url}/api/audit/export`));
      const body = JSON.parse(text) as { type: string; events: number; most_events: number };
      assert.deepEqual([status, body.type], [422, 'urn:sealstream:problem:export-too-large']);
      const { text: first } = await takeAll(await openExport(`${small.url}/api/audit/export?limit=100`));
      assert.equal(JSON.parse(first).count, 100);
    } finally {
      await small.stop();
    }
  });
});

describe('an export under way', () => {
  let live: LiveWorld;
  let gateway: QueryGateway;
  let stored = 0;
  const rowText = 'x'.repeat(2_000);

  before(async () => {
    live = await createLiveWorld({ partitions: 1 });
    await live.startConsumer();
    for (let record = 0; record < 40; record += 1) {
      await live.record(Array.from({ length: 250 }, (_, n) => ({ message: `${record}.${n}`, details: { rowText } })));
      stored += 250;
    }
    await live.world.delivered();
    gateway = await startQueryGateway(live.world.config, {
      exportLimits: { pageRows: 100 },
    });
    gateway.keys.add('one', ['acme'], ['export:audit_logs']);
  });

  after(async () => {
    await gateway?.stop();
    await live?.remove();
  });

  const pagesAsked = async (): Promise<number> =>
    Number(/gateway_query_seconds_count\{query="list"[^}]*\} (\d+)/.exec(await gateway.metrics())?.[1] ?? 0);
  const running = async (): Promise<string | undefined> =>
    /gateway_exports_running\{[^}]*\} (\d+)/.exec(await gateway.metrics())?.[1];
  const ended = async (result: string, of = gateway): Promise<number> => {
    const lines = (await of.metrics())
      .split('\n')
      .filter((line) => line.startsWith('sealstream_gateway_exports_total'));
    const counts = lines
      .filter((line) => line.includes(`result="${result}"`))
      .map((line) => Number(line.split(' ').at(-1)));
    return counts.reduce((sum, count) => sum + count, 0);
  };
  const waitFor = async (is: () => Promise<boolean>): Promise<void> => {
    for (const until = Date.now() + 15_000; !(await is()); await sleep(20)) assert.ok(Date.now() < until, 'in time');
  };
  /** An export whose first bytes have come, and of which no more is taken. */
  const begin = async (query: string, key = 'admin') => {
    const answer = await openExport(`${gateway.url}/api/audit/export?${query}`, { key });
    assert.equal(answer.statusCode, 200);
    answer.pause();
    await sleep(300);
    return answer;
  };

  test('reads no further than its client takes', async () => {
    const before = await pagesAsked();
    const answer = await begin('format=ndjson');
    await sleep(700);
    const asked = (await pagesAsked()) - before;
    assert.ok(asked < 40, `${asked} of a hundred pages were read for a client that takes nothing`);
    const { text, complete } = await takeAll(answer);
    assert.equal(complete, true);
    assert.equal(text.trim().split('\n').length, stored);
  });

  test('holds what was stored when it began, and nothing that came later', async () => {
    for (const order of ['oldest', 'newest']) {
      const before = stored;
      const answer = await begin(`format=ndjson&order=${order}`);
      await live.record([{ message: 'later' }, { message: 'long ago', occurred_at: '1999-01-01T00:00:00Z' }]);
      stored += 2;
      await live.world.delivered();
      const { text, complete } = await takeAll(answer);
      const lines = text.trim().split('\n');
      assert.deepEqual([complete, lines.length], [true, before]);
      assert.equal(new Set(lines.map((line) => JSON.parse(line).id)).size, before);
    }
  });

  test('stops when the client leaves, and makes room for another', async () => {
    const first = await begin('format=ndjson', 'one');
    const second = await begin('format=csv', 'one');
    const third = await takeAll(await openExport(`${gateway.url}/api/audit/export`, { key: 'one' }));
    assert.equal(third.status, 429);
    assert.equal(third.headers['retry-after'], '10');
    assert.equal(await running(), '2');
    const left = await ended('left');
    first.destroy();
    second.destroy();
    await waitFor(async () => (await running()) === '0');
    await waitFor(async () => (await ended('left')) >= left + 2);
    const before = await pagesAsked();
    await sleep(300);
    assert.equal(await pagesAsked(), before, 'nobody reads on');
    assert.equal(
      (await takeAll(await openExport(`${gateway.url}/api/audit/export?limit=1`, { key: 'one' }))).status,
      200,
    );
  });

  test('that a client does not take for too long is cut off', async () => {
    const strict = await startQueryGateway(live.world.config, { exportLimits: { pageRows: 100, stallMs: 500 } });
    try {
      const answer = await openExport(`${strict.url}/api/audit/export?format=ndjson`);
      answer.pause();
      await waitFor(async () => (await ended('left', strict)) === 1);
      const { complete, trailers } = await takeAll(answer);
      assert.equal(complete, false);
      assert.equal(trailers['x-export-complete'], undefined);
    } finally {
      await strict.stop();
    }
  });

  test('that cannot be ended has no end that anyone could take for one', async () => {
    const world = await createLiveWorld({ partitions: 1 });
    await world.startConsumer();
    const broken = await startQueryGateway(world.world.config, { exportLimits: { pageRows: 50 } });
    try {
      for (const [format, encoding] of [
        ['json', 'identity'],
        ['csv', 'identity'],
        ['ndjson', 'gzip'],
      ] as const) {
        for (let record = 0; record < 12; record += 1) {
          await world.record(Array.from({ length: 250 }, () => ({ details: { rowText } })));
        }
        await world.world.delivered();
        const answer = await openExport(`${broken.url}/api/audit/export?format=${format}`, {
          headers: { 'accept-encoding': encoding },
        });
        answer.pause();
        await sleep(300);
        await world.world.clickhouse.command({ query: 'TRUNCATE TABLE events' });
        const { complete, trailers, headers, text } = await takeAll(answer);
        assert.equal(headers['x-export-events'], '3000');
        if (complete && trailers['x-export-complete'] === '3000') {
          assert.fail(`${format}: everything had been read before the table was emptied`);
        }
        assert.equal(complete, false, format);
        assert.equal(trailers['x-export-complete'], undefined);
        if (format === 'json') assert.throws(() => JSON.parse(text));
      }
    } finally {
      await broken.stop();
      await world.remove();
    }
  });
});
