import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { AuditClient, AuditClientError, type AuditClientOptions, AuditProblem } from 'sealstream';
import { filterNames, filterParameters, scopePath } from '../../services/client/query/filter.js';
import { filterFields } from '../../services/gateway/query/filter-fields.js';
import { answering, json } from '../support/answering.js';
import { freePort } from '../support/stack-instance.js';

const page = (ids: string[], next_cursor: string | null = null) => ({
  events: ids.map((id) => ({ id })),
  next_cursor,
  persistentLogging: true,
});
const problem = (kind: string, more: object = {}) => ({
  type: `urn:sealstream:problem:${kind}`,
  title: 'Something',
  detail: 'is wrong',
  ...more,
});

describe('filters', () => {
  test('are those of the gateway, every one of them', () => {
    const ofGateway = filterFields.map(({ names }) => names[0]!);
    assert.deepEqual([...filterNames].sort(), [...ofGateway, 'preset', 'organization_id'].sort());
  });

  test('become parameters, times as RFC 3339', () => {
    assert.deepEqual(
      filterParameters({
        action: ['auth.login', 'auth.logout'],
        success: false,
        from: new Date(0),
        to: 86_400_000,
        actor: undefined,
      }),
      { action: ['auth.login', 'auth.logout'], success: 'false', from: '1970-01-01T00:00:00.000Z', to: '86400000' },
    );
  });

  test('that would quietly let everything through are refused', () => {
    for (const filter of [
      { colour: 'red' },
      { actor: [] },
      { actor: null },
      { from: new Date(Number.NaN) },
      { actor: { id: 'x' } },
      { constructor: 'x' },
    ]) {
      assert.throws(() => filterParameters(filter as never), { code: 'client_config' }, JSON.stringify(filter));
    }
  });

  test('the system scope has a path of its own', () => {
    assert.deepEqual(scopePath({ scope: 'system', q: 'x' }), { path: '/api/audit/system', filter: { q: 'x' } });
    assert.equal(scopePath({ scope: ['application', 'organization'] }).path, '/api/audit');
    assert.throws(() => scopePath({ scope: ['system', 'application'] }), /system/);
  });
});

describe('the options of a client', () => {
  const refused: [AuditClientOptions, RegExp][] = [
    [{} as never, /needs url and apiKey to read/],
    [{ url: 'http://127.0.0.1:1' } as never, /a url but no apiKey/],
    [{ apiKey: 'sk_secret' } as never, /an apiKey but no url/],
    [{ url: 'ftp://x', apiKey: 'sk_secret' }, /looks like http/],
    [{ url: 'http://ada:pw_secret@127.0.0.1', apiKey: 'sk_secret' }, /holds a user name/],
    [{ url: 'http://127.0.0.1:1', apiKey: 'sk_secret\n' }, /was it copied whole/],
    [{ url: 'http://127.0.0.1:1', apiKey: 'sk_sécret' }, /was it copied whole/],
    [{ brokers: ['127.0.0.1:1'], audience: 'a', producerId: 'p' } as never, /needs privateKey/],
    [{ privateKey: 'x', audience: 'a', producerId: 'p' }, /either brokers or kafka/],
  ];

  test('that are missing or no good are named, and secrets are not', () => {
    for (const [options, words] of refused) {
      assert.throws(
        () => new AuditClient(options),
        (error: unknown) => {
          assert.ok(error instanceof AuditClientError);
          assert.match(error.message, words);
          assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /secret|sécret/);
          return true;
        },
      );
    }
  });

  test('say which half of the client there is', async () => {
    const reading = new AuditClient({ url: 'http://127.0.0.1:1', apiKey: 'k' });
    await assert.rejects(reading.log({ action: 'a.b' }), /log\(\) needs Kafka/);
    assert.throws(() => reading.enqueue({ action: 'a.b' }), /enqueue\(\) needs Kafka/);
    await reading.start();
    await reading.flush();
    await reading.close();
  });

  test('the API key shows in no picture of the client', async (t) => {
    const { url } = await answering(t, (_, response) => json(response, 403, problem('forbidden')));
    const audit = new AuditClient({ url, apiKey: 'sk_secret', patienceMs: 0 });
    const thrown: unknown[] = [];
    await audit.queryAuditTrail().catch((error) => thrown.push(error));
    const nowhere = new AuditClient({ url: 'http://127.0.0.1:1', apiKey: 'sk_secret', patienceMs: 0 });
    await nowhere.queryAuditTrail().catch((error) => thrown.push(error));
    const stream = nowhere.streamAuditEvents({ onProblem: (error) => thrown.push(error) }, () => {});
    stream.close();
    await stream.closed;
    assert.equal(thrown.length >= 2, true);
    for (const one of [audit, nowhere, stream, ...thrown]) {
      assert.doesNotMatch(inspect(one, { depth: 9, showHidden: true }), /sk_secret/);
      assert.doesNotMatch(JSON.stringify(one), /sk_secret/);
    }
  });
});

describe('queryAuditTrail', () => {
  test('awaited it is a page, iterated it is every event', async (t) => {
    const { url, asked } = await answering(t, ({ path }, response) =>
      json(response, 200, path.includes('cursor=two') ? page(['3']) : page(['1', '2'], 'two')),
    );
    const audit = new AuditClient({ url, apiKey: 'sk_test', organizationId: 'acmé' });
    const trail = audit.queryAuditTrail({ q: 'a b', action: ['x', 'y'], limit: 2, order: 'oldest' });
    assert.equal(asked.length, 0, 'it asked before anybody wanted to know');
    assert.deepEqual(await trail, { events: [{ id: '1' }, { id: '2' }], nextCursor: 'two', persistentLogging: true });
    await trail;
    assert.equal(asked.length, 1, 'it asked twice for one page');
    const ids: string[] = [];
    for await (const { id } of trail) ids.push(id);
    assert.deepEqual(ids, ['1', '2', '3']);
    assert.equal(asked[0]!.path, '/api/audit?q=a+b&action=x&action=y&order=oldest&limit=2');
    assert.equal(asked.at(-1)!.path, '/api/audit?q=a+b&action=x&action=y&order=oldest&limit=2&cursor=two');
    assert.equal(asked[0]!.headers.authorization, 'Bearer sk_test');
    assert.equal(Buffer.from(String(asked[0]!.headers['x-organization-id']), 'latin1').toString(), 'acmé');
    const pages: number[] = [];
    for await (const { events } of audit.queryAuditTrail({ limit: 2 }).pages()) pages.push(events.length);
    assert.deepEqual(pages, [2, 1]);
  });

  test('an organization that the question names goes before that of the client; the system scope has none', async (t) => {
    const { url, asked } = await answering(t, (_, response) => json(response, 200, page([])));
    const audit = new AuditClient({ url: `${url}/below`, apiKey: 'sk_test', organizationId: 'acme' });
    await audit.queryAuditTrail({ organization_id: 'globex' });
    await audit.queryAuditTrail({ scope: 'system' });
    assert.deepEqual(
      asked.map(({ path, headers }) => [path, headers['x-organization-id']]),
      [
        ['/below/api/audit?organization_id=globex', undefined],
        ['/below/api/audit/system', undefined],
      ],
    );
  });

  test('in ingest order it goes on by since, until it has caught up', async (t) => {
    const { url, asked } = await answering(t, (_, response, nth) =>
      json(response, 200, { ...page([String(nth)], `c${nth}`), caught_up: nth === 3 }),
    );
    const audit = new AuditClient({ url, apiKey: 'k' });
    const cursors: (string | null)[] = [];
    for await (const { nextCursor } of audit.queryAuditTrail({ order: 'ingest', since: 'c0', limit: 1 }).pages()) {
      cursors.push(nextCursor);
    }
    assert.deepEqual(cursors, ['c1', 'c2', 'c3']);
    assert.deepEqual(
      asked.map(({ path }) => new URL(path, url).searchParams.get('since')),
      ['c0', 'c1', 'c2'],
    );
  });

  test('a refusal has its kind and its places, and is not asked again', async (t) => {
    const errors = [{ parameter: 'q', position: { start: 3, end: 4 }, detail: 'no' }];
    const { url, asked } = await answering(t, (_, response) =>
      json(response, 400, problem('invalid-request', { errors, request_id: 'r-1', known: ['a'] })),
    );
    const audit = new AuditClient({ url, apiKey: 'k' });
    await assert.rejects(audit.queryAuditTrail({ q: 'a (' }), (error: unknown) => {
      assert.ok(error instanceof AuditProblem);
      assert.deepEqual(
        [error.kind, error.code, error.status, error.retriable, error.message],
        ['invalid-request', 'invalid-request', 400, false, 'Something: is wrong'],
      );
      assert.deepEqual(error.problem.errors, errors);
      assert.equal(error.problem.requestId, 'r-1');
      assert.deepEqual(error.problem.extensions, { known: ['a'] });
      return true;
    });
    assert.equal(asked.length, 1);
  });

  test('asked to come again, it comes no sooner, and gives up when its patience would end before', async (t) => {
    const { url, asked } = await answering(t, (_, response, nth) => {
      if (nth === 1) json(response, 503, problem('overloaded'), { 'retry-after': '1' });
      else if (nth === 2) json(response, 200, page(['1']));
      else json(response, 429, problem('rate-limited'), { 'retry-after': '60' });
    });
    const audit = new AuditClient({ url, apiKey: 'k' });
    const began = Date.now();
    assert.equal((await audit.queryAuditTrail()).events.length, 1);
    assert.ok(Date.now() - began >= 1_000, `${Date.now() - began} ms`);
    await assert.rejects(audit.queryAuditTrail(), { kind: 'rate-limited', retriable: true, retryAfterMs: 60_000 });
    assert.equal(asked.length, 3);
    assert.ok(Date.now() - began < 5_000);
  });

  test('a gateway that comes back in time is waited for; one that does not is named', async (t) => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const unreachable = {
      code: 'unreachable',
      retriable: true,
      message: `the gateway at ${url} cannot be reached: connection refused`,
    };
    await assert.rejects(new AuditClient({ url, apiKey: 'k', patienceMs: 300 }).queryAuditTrail(), unreachable);
    const coming = new AuditClient({ url, apiKey: 'k' }).queryAuditTrail().then(({ events }) => events.length);
    await sleep(400);
    await answering(t, (_, response) => json(response, 200, page(['1'])), port);
    assert.equal(await coming, 1);
  });

  test('no answer in time is an error of its own, and an abort is the abort', async (t) => {
    const { url } = await answering(t, () => {});
    const audit = new AuditClient({ url, apiKey: 'k', timeoutMs: 50, patienceMs: 0 });
    await assert.rejects(audit.queryAuditTrail(), { code: 'timeout', retriable: true });
    const reason = new Error('no longer needed');
    await assert.rejects(audit.queryAuditTrail({ signal: AbortSignal.abort(reason) }), reason);
    const abort = new AbortController();
    setTimeout(() => abort.abort(reason), 20);
    await assert.rejects(audit.queryAuditTrail({ signal: abort.signal, timeoutMs: 5_000 }), reason);
  });

  test('something else than a gateway is recognised, and a redirect gets no key', async (t) => {
    const other = await answering(t, (_, response) => json(response, 200, page([])));
    const { url } = await answering(t, (_, response, nth) => {
      if (nth === 1) response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
      else if (nth === 2) response.writeHead(502, { 'content-type': 'text/html' }).end('<html>');
      else response.writeHead(302, { location: `${other.url}/login` }).end();
    });
    const audit = new AuditClient({ url, apiKey: 'k', patienceMs: 0 });
    await assert.rejects(audit.queryAuditTrail(), { code: 'bad_answer' });
    await assert.rejects(audit.queryAuditTrail(), { code: 'http_502', kind: '', retriable: true });
    await assert.rejects(audit.queryAuditTrail(), {
      code: 'bad_answer',
      message: new RegExp(`redirects to ${other.url}`),
    });
    await assert.rejects(audit.streamAuditEvents({}, () => {}).ready, { code: 'bad_answer' });
    assert.deepEqual(other.asked, []);
  });
});
