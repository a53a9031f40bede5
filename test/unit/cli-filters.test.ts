import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pick, valueAt } from '../../services/cli/events/fields.js';
import { eventFieldNames } from '../../services/core/event/field-names.js';
import { exportFields } from '../../services/gateway/export/fields.js';
import { filterFields } from '../../services/gateway/query/filter-fields.js';
import { answering, json, to } from '../support/answering.js';
import { cli } from '../support/cli.js';

const nothing = { events: [], next_cursor: null };

describe('filters of the command line', () => {
  test('are all of the gateway, under each of its names', async (t) => {
    const { url, asked } = await answering(t, (_, response) => json(response, 200, nothing));
    const gatewayNames = [...filterFields.flatMap(({ names }) => [...names]), 'preset', 'organization_id'];
    const options = new Map([
      ['startTime', 'start-time'],
      ['endTime', 'end-time'],
    ]);
    for (const name of gatewayNames) {
      const option = options.get(name) ?? name.replaceAll('_', '-');
      const { exitCode, stderr } = await cli(['list', `--${option}`, 'x', ...to(url)]);
      assert.equal(exitCode, 0, `--${option}: ${stderr}`);
      const { searchParams } = new URL(asked.at(-1)!.path, url);
      const sent = [...searchParams.keys()].filter((key) => key !== 'limit');
      const field = filterFields.find(({ names }) => names.includes(name));
      assert.deepEqual(sent, [field ? field.names[0] : name], `--${option}`);
    }
  });

  test('are taken several times where any of several may fit, and once otherwise', async (t) => {
    const { url, asked } = await answering(t, (_, response) => json(response, 200, nothing));
    await cli(['list', '--actor', 'ada', '--user', 'grace', '--ip', '10.0.0.0/8', '--ip', '::1', ...to(url)]);
    assert.equal(asked[0]!.path, '/api/audit?actor=ada&actor=grace&ip=10.0.0.0%2F8&ip=%3A%3A1&limit=100');
    assert.equal((await cli(['list', '--from', '2026-01-01', '--start-time', '2026-01-02', ...to(url)])).exitCode, 2);
  });

  test('the query stands without an option too, in as many words as it has', async (t) => {
    const { url, asked } = await answering(t, (_, response) => json(response, 200, nothing));
    const q = (nth: number): string | null => new URL(asked[nth]!.path, url).searchParams.get('q');
    await cli(['list', 'action:auth.*', 'ada', ...to(url)]);
    await cli(['list', ...to(url), '--', '-outcome:success']);
    await cli(['list', '--q', '-outcome:success', ...to(url)]);
    assert.deepEqual([q(0), q(1), q(2)], ['action:auth.* ada', '-outcome:success', '-outcome:success']);
    assert.equal((await cli(['list', 'a', '--q', 'b', ...to(url)])).exitCode, 2);
  });

  test('a time may be so long ago', async (t) => {
    const { url, asked } = await answering(t, (_, response) => json(response, 200, nothing));
    const nowMs = (): number => Date.parse('2026-06-15T12:00:00Z');
    await cli(['list', '--from', '2h', '--to', '2026-07-01', ...to(url)], { nowMs });
    const { searchParams } = new URL(asked[0]!.path, url);
    assert.equal(searchParams.get('from'), '2026-06-15T10:00:00.000Z');
    assert.equal(searchParams.get('to'), '2026-07-01');
  });

  test('where the query is wrong, a caret says where', async (t) => {
    const query = 'ip:10.0.0.0/8 ip:nonsense';
    const detail = 'q: character 18, at "nonsense": no address';
    const errors = [{ parameter: 'q', position: { start: 17, end: 25 }, detail }];
    const { url } = await answering(t, (_, response) => json(response, 400, { title: 'Wrong', detail, errors }));
    for (const command of ['list', 'stats', 'export', 'tail']) {
      const { exitCode, stderr } = await cli([command, query, ...to(url)]);
      assert.equal(exitCode, 2);
      assert.equal(stderr, `sealstream: Wrong: ${detail}\n  ${query}\n                   ^^^^^^^^\n`, command);
    }
  });
});

describe('fields of events', () => {
  test('are those of exports, in their order', () => {
    assert.deepEqual(
      eventFieldNames,
      exportFields.map(({ name }) => name),
    );
  });

  const event = JSON.parse(
    '{"id":"1","occurred_at":"2026-06-15T12:00:00.000001Z","actor":{"type":"user","id":"usr_1","name":"=cmd()"},"action":"a.b","outcome":"success","details":{"region":"eu","list":[1,{"a":2}],"__proto__":{"x":1}}}',
  );

  test('are picked nested as they are; what an event has not is not there', () => {
    assert.deepEqual(pick(event, ['actor.id', 'details.list.1.a', 'ip', 'action']), {
      actor: { id: 'usr_1' },
      details: { list: { 1: { a: 2 } } },
      action: 'a.b',
    });
    assert.equal(valueAt(event, 'details.toString'), undefined);
    assert.equal(valueAt(event, 'constructor.name'), undefined);
    const picked = pick(event, ['details.__proto__.x']);
    assert.equal(JSON.stringify(picked), '{"details":{"__proto__":{"x":1}}}');
    assert.equal(({} as Record<string, unknown>).x, undefined);
  });

  test('are chosen in every format', async (t) => {
    const { url } = await answering(t, (_, response) => json(response, 200, { events: [event], next_cursor: null }));
    const run = async (format: string, fields: string): Promise<string> =>
      (await cli(['list', '-o', format, '--fields', fields, ...to(url)])).stdout;
    assert.equal(
      await run('table', 'time,actor,details.region'),
      'TIME (UTC)           ACTOR   DETAILS.REGION\n2026-06-15 12:00:00  =cmd()  eu\n',
    );
    assert.equal(
      await run('csv', 'time,actor,details.list,ip'),
      `time,actor,details.list,ip\n2026-06-15T12:00:00.000001Z,'=cmd(),"[1,{""a"":2}]",\n`,
    );
    assert.equal(
      await run('ndjson', 'time,actor.id,details.region'),
      '{"occurred_at":"2026-06-15T12:00:00.000001Z","actor":{"id":"usr_1"},"details":{"region":"eu"}}\n',
    );
    assert.deepEqual(JSON.parse(await run('json', 'action')), { events: [{ action: 'a.b' }], next_cursor: null });
    for (const wrong of ['colour', 'actor.colour', 'details.', 'time,time', '']) {
      assert.equal((await cli(['list', '--fields', wrong, ...to(url)])).exitCode, 2, wrong);
    }
  });

  test('CSV has every field, and its head where there is no event', async (t) => {
    const { url } = await answering(t, (_, response) => json(response, 200, nothing));
    assert.equal((await cli(['list', '-o', 'csv', ...to(url)])).stdout, `${eventFieldNames.join(',')}\n`);
    assert.deepEqual(JSON.parse((await cli(['list', '-o', 'json', ...to(url)])).stdout), nothing);
  });
});

describe('long lists', () => {
  const page = (ids: string[], next_cursor: string | null, more: object = {}) => ({
    events: ids.map((id) => ({
      id,
      occurred_at: '2026-06-15T12:00:00Z',
      actor: {},
      action: 'a.b',
      outcome: 'success',
    })),
    next_cursor,
    ...more,
  });

  test('--all takes every page, and a page that is empty is not the end', async (t) => {
    const pages = [page(['1'], 'a'), page([], 'b'), page(['2', '3'], null)];
    const { url } = await answering(t, (_, response, nth) => json(response, 200, pages[nth - 1]));
    const { stdout } = await cli(['list', '--all', '-o', 'json', ...to(url)]);
    assert.deepEqual(
      JSON.parse(stdout).events.map(({ id }: { id: string }) => id),
      ['1', '2', '3'],
    );
    assert.equal((await cli(['list', '--all', '--limit', '3', ...to(url)])).exitCode, 2);
  });

  test('a gateway that is away between two pages is waited for', async (t) => {
    const { url } = await answering(t, (_, response, nth) => {
      if (nth === 2) json(response, 503, { title: 'Away', detail: 'it stops' }, { 'retry-after': '1' });
      else json(response, 200, nth === 1 ? page(['1'], 'a') : page(['2'], null));
    });
    const { exitCode, stdout, stderr } = await cli(['list', '--all', '-o', 'ndjson', '--fields', 'id', ...to(url)]);
    assert.deepEqual([exitCode, stdout], [0, '{"id":"1"}\n{"id":"2"}\n']);
    assert.match(stderr, /Away: it stops Trying again in 1 s\./);
  });

  test('in ingest order it goes on by since until it has caught up, and says where to go on', async (t) => {
    const { url, asked } = await answering(t, (_, response, nth) =>
      json(response, 200, page([String(nth)], `c${nth}`, { caught_up: nth === 3 })),
    );
    const args = ['list', '--order', 'ingest', '--since', 'c0', '--all', '-o', 'ndjson', '--fields', 'id'];
    const { stdout, stderr } = await cli([...args, ...to(url)]);
    assert.equal(stdout, '{"id":"1"}\n{"id":"2"}\n{"id":"3"}\n');
    assert.equal(stderr, 'To go on from here: --order ingest --since c3\n');
    assert.deepEqual(
      asked.map(({ path }) => new URL(path, url).searchParams.get('since')),
      ['c0', 'c1', 'c2'],
    );
    assert.equal((await cli(['list', '--since', 'c0', ...to(url)])).exitCode, 2);
  });
});

describe('the API key', () => {
  test('comes out of a file, and out of no message', async (t) => {
    const { url, asked } = await answering(t, (_, response) => json(response, 403, { title: 'No', detail: 'no' }));
    const { mkdtempSync, rmSync, writeFileSync } = await import('node:fs');
    const folder = mkdtempSync('/tmp/sealstream-key-');
    t.after(() => rmSync(folder, { recursive: true }));
    writeFileSync(`${folder}/key`, 'sk_secret\n');
    const setting = { cwd: folder };
    const runs = [
      await cli(['list', '--url', url, '--api-key-file', 'key'], setting),
      await cli(['list', '--url', 'http://127.0.0.1:1', '--api-key-file', 'key'], setting),
      await cli(['tail', '--url', url, '--api-key-file', 'key', '--since', 'x'], setting),
      await cli(['export', '--url', url, '--api-key-file', 'key'], setting),
      await cli(['list', '--url', url, '--api-key', 'sk_secret\u0001'], setting),
      await cli(['list', '--url', url, '--api-key', 'sk_secret é'], setting),
      await cli(['list', '--url', 'http://ada:sk_secret@127.0.0.1', '--api-key', 'k'], setting),
      await cli(['list', '--url', url, '--api-key', 'sk_secret', '--api-key-file', 'key'], setting),
      await cli(['list', '--url', url, '--api-key-file', 'no-such-file'], setting),
    ];
    assert.equal(asked[0]!.headers.authorization, 'Bearer sk_secret');
    assert.deepEqual(
      runs.map(({ exitCode }) => exitCode),
      [1, 1, 1, 1, 2, 2, 2, 2, 1],
    );
    for (const { stdout, stderr } of runs) assert.doesNotMatch(stdout + stderr, /sk_secret/);
  });
});
