import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { problemKinds } from '../../services/gateway/errors.js';
import {
  type Answer,
  acceptedOf,
  createGatewayWorld,
  type GatewayWorld,
  judgeTopic,
  startTestGateway,
  type TestGateway,
} from '../support/gateway.js';

const run = promisify(execFile);
const until = async (holds: () => Promise<boolean>): Promise<void> => {
  while (!(await holds())) await sleep(20);
};
const event = { action: 'auth.login', organization_id: 'acme' };

describe('the gateway over HTTP', () => {
  let world: GatewayWorld;
  let gateway: TestGateway;

  const refused = ({ status, body, headers }: Answer, wanted: number, kind: keyof typeof problemKinds): void => {
    assert.equal(status, wanted, JSON.stringify(body));
    assert.equal(headers.get('content-type'), 'application/problem+json');
    const { type, title, request_id } = body;
    assert.deepEqual([type, title, body.status], [`urn:sealstream:problem:${kind}`, problemKinds[kind].title, wanted]);
    assert.ok(typeof body.detail === 'string' && body.detail !== '');
    assert.equal(request_id, headers.get('x-request-id'));
  };
  /** Sends bytes as they are; everything that comes back until the connection closes. */
  const raw = async (bytes: string | Buffer, port = gateway.port): Promise<string> => {
    const socket = connect(port, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => {});
    socket.write(bytes);
    await Promise.race([once(socket, 'close'), sleep(3_000)]);
    socket.destroy();
    return Buffer.concat(chunks).toString('latin1');
  };
  const head = (...lines: string[]): string =>
    ['POST /api/audit/events HTTP/1.1', 'Host: x', `Authorization: Bearer ${world.adminKey}`, ...lines, '', ''].join(
      '\r\n',
    );

  before(async () => {
    world = await createGatewayWorld({ partitions: 1 });
    gateway = await startTestGateway(world);
  });
  after(async () => {
    await gateway?.stop();
    await world?.remove();
  });

  test('curl logs an event, as the README shows it', async () => {
    const { stdout } = await run('curl', [
      '-sS',
      '-w',
      '\n%{http_code}',
      `${gateway.url}/api/audit/events`,
      '-H',
      `Authorization: Bearer ${world.adminKey}`,
      '--json',
      JSON.stringify(event),
    ]);
    const [body, status] = stdout.split('\n');
    assert.equal(status, '202');
    assert.equal(JSON.parse(body!).ids.length, 1);
  });

  test('a path that is none is 404, one that knows other methods 405 with Allow', async () => {
    for (const path of [
      '/',
      '/api',
      '/api/audits',
      '/api/audit/events/x/y',
      '/api/audit/events/',
      '/..%2f..%2fetc/passwd',
    ]) {
      refused(await gateway.call('GET', path), 404, 'not-found');
    }
    refused(await gateway.call('GET', '/nothing', { key: '' }), 404, 'not-found');
    for (const [method, path, allow] of [
      ['PUT', '/api/audit/events', 'POST, OPTIONS'],
      ['GET', '/api/audit/events', 'POST, OPTIONS'],
      ['GET', '/api/audit/batches', 'POST, OPTIONS'],
      ['QUERY', '/api/audit', 'GET, HEAD, OPTIONS'],
      ['POST', '/docs', 'GET, HEAD, OPTIONS'],
      ['PATCH', '/api/keys', 'GET, HEAD, POST, OPTIONS'],
      ['GET', '/api/keys/key_1', 'DELETE, OPTIONS'],
      ['DELETE', '/api/audit', 'GET, HEAD, OPTIONS'],
    ] as const) {
      const answer = await gateway.call(method, path);
      refused(answer, 405, 'method-not-allowed');
      assert.equal(answer.headers.get('allow'), allow);
    }
    refused(await gateway.call('GET', '/api/audit/%E0%A4%A'), 400, 'invalid-request');
    refused(await gateway.call('GET', `/api/audit/${'x'.repeat(2_000)}`), 414, 'uri-too-long');
  });

  test('answers carry an id of the request’s own, never one that was sent', async () => {
    const ids = new Set<string | null>();
    for (let n = 0; n < 3; n += 1) {
      const { headers } = await gateway.call('GET', '/api/keys', {
        headers: { 'x-request-id': 'mine', 'request-id': 'mine' },
      });
      ids.add(headers.get('x-request-id'));
      assert.equal(headers.get('cache-control'), 'no-store');
    }
    assert.equal(ids.size, 3);
    assert.ok(!ids.has('mine'));
  });

  test('health, readiness and metrics need no key and say how it is', async () => {
    assert.deepEqual([(await gateway.call('GET', '/healthz', { key: '' })).body], ['ok\n']);
    const posted = await gateway.call('POST', '/metrics', { key: '' });
    refused(posted, 405, 'method-not-allowed');
    assert.equal(posted.headers.get('allow'), 'GET, HEAD');
    let ready = await gateway.call('GET', '/readyz', { key: '' });
    const deadlineMs = performance.now() + 10_000;
    while (ready.status !== 200 && performance.now() < deadlineMs)
      ready = await gateway.call('GET', '/readyz', { key: '' });
    assert.equal(ready.status, 200, JSON.stringify(ready.body));
    assert.deepEqual(Object.keys(ready.body.parts).sort(), ['clickhouse', 'kafka', 'live', 'redis', 'registry']);
    const { body: metrics } = await gateway.call<string>('GET', '/metrics', { key: '' });
    for (const name of ['request_seconds_count', 'problems_total', 'ingested_events_total', 'requests_in_flight']) {
      assert.ok(metrics.includes(`sealstream_gateway_${name}`), name);
    }
    assert.match(metrics, /route="\/api\/keys\/:id"|route="\/api\/keys"/);
    assert.ok(!metrics.includes('passwd'), 'labels are routes, not paths');
  });

  describe('what is no well-formed request', () => {
    test('is answered with a problem and the connection is closed', async () => {
      for (const [bytes, status] of [
        ['GET / HTTP/9.9\r\n\r\n', 400],
        ['\0\0\0\0\r\n\r\n', 400],
        ['GET /healthz HTTP/1.1\r\nHost: x\r\nBad Header: x\r\n\r\n', 400],
        [`GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n`, 400],
        [`GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
      ] as const) {
        const answer = await raw(bytes);
        assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `), JSON.stringify(bytes.slice(0, 60)));
        assert.match(answer, /content-type: application\/problem\+json/);
        assert.match(answer, /"type":"urn:sealstream:problem:/);
      }
    });

    test('no request hides behind another: lengths and encodings that disagree are refused', async () => {
      const body = JSON.stringify(event);
      const smuggled = `GET /api/keys HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.adminKey}\r\n\r\n`;
      for (const lines of [
        ['Content-Type: application/json', 'Content-Length: 5', `Content-Length: ${body.length}`],
        ['Content-Type: application/json', `Content-Length: ${body.length}`, 'Transfer-Encoding: chunked'],
        ['Content-Type: application/json', 'Transfer-Encoding: chunked, identity'],
        ['Content-Type: application/json', 'Transfer-Encoding : chunked'],
        ['Content-Type: application/json', `Content-Length: +${body.length}`],
        ['Content-Type: application/json', 'Content-Length: -1'],
      ]) {
        const answer = await raw(`${head(...lines)}0\r\n\r\n${smuggled}`);
        assert.match(answer, /^HTTP\/1\.1 400 /, lines.join('; '));
        assert.ok(!answer.includes('"keys"'), lines.join('; '));
      }
    });

    test('two credentials, two organizations or two keys in one request are refused', async () => {
      const body = JSON.stringify(event);
      const rest = ['Content-Type: application/json', `Content-Length: ${body.length}`, 'Connection: close'];
      for (const [line, status] of [
        [`Authorization: Bearer ${world.adminKey}`, 401],
        [`X-API-Key: ${world.adminKey}`, 401],
        ['X-Organization-Id: acme\r\nX-Organization-Id: globex', 400],
        ['Idempotency-Key: a\r\nIdempotency-Key: a', 400],
      ] as const) {
        assert.match(await raw(`${head(line, ...rest)}${body}`), new RegExp(`^HTTP/1.1 ${status} `), line);
      }
      assert.match(await raw(`${head(...rest)}${body}`), /^HTTP\/1\.1 202 /);
    });

    test('a body shorter or longer than it says gets no event in', async () => {
      const short = await raw(`${head('Content-Type: application/json', 'Content-Length: 1000')}{"action":"a"}`);
      assert.ok(!short.startsWith('HTTP/1.1 2'), short);
      const long = await raw(`${head('Content-Type: application/json', 'Content-Length: 5')}${JSON.stringify(event)}`);
      assert.ok(!long.includes('HTTP/1.1 202'), long);
    });

    test('a body without an end is cut off at the limit', async () => {
      const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
      const answer = await raw(
        `${head('Content-Type: application/json', 'Transfer-Encoding: chunked')}${chunk.repeat(40)}`,
      );
      assert.match(answer, /^HTTP\/1\.1 413 /);
    });
  });

  describe('limits', () => {
    let small: TestGateway;
    before(async () => {
      const limits = {
        ...world.config.limits,
        maxInFlight: 2,
        requestRate: { perSecond: 20, burst: 40 },
        eventRate: { perSecond: 10, burst: 100 },
        changeRate: { perSecond: 1, burst: 3 },
      };
      small = await startTestGateway({ ...world, config: { ...world.config, limits } });
    });
    after(() => small?.stop());

    test('a key above its rate of requests is told when to come again; other keys are not', async () => {
      const [loud, quiet] = [
        await gateway.makeKey(['acme'], ['verify']),
        await gateway.makeKey(['acme'], ['manage:keys']),
      ];
      const ask = (): Promise<Answer> => small.call('GET', '/api/keys', { key: loud });
      const answers = await Promise.all(Array.from({ length: 60 }, ask));
      const limited = answers.find(({ status }) => status === 429)!;
      refused(limited, 429, 'rate-limited');
      assert.ok(Number(limited.headers.get('retry-after')) >= 1);
      assert.equal((await small.call('GET', '/api/keys', { key: quiet })).status, 200);
    });

    test('events count too, and a refused request takes none', async () => {
      const key = await gateway.makeKey(['acme'], ['write:events']);
      const post = (events: number): Promise<Answer> =>
        small.call('POST', '/api/audit/events', { key, body: Array(events).fill(event) });
      assert.equal((await post(90)).status, 202);
      refused(await post(50), 429, 'rate-limited');
      assert.equal((await post(5)).status, 202);
    });

    test('changes of keys are few: each stays for ever', async () => {
      const manager = await gateway.makeKey(['acme'], ['manage:keys']);
      const make = () =>
        small.call('POST', '/api/keys', {
          key: manager,
          body: { name: 'k', organizations: ['acme'], permissions: ['manage:keys'] },
        });
      const statuses: number[] = [];
      for (let n = 0; n < 5; n += 1) statuses.push((await make()).status);
      assert.deepEqual(statuses.slice(0, 3), [201, 201, 201]);
      assert.ok(statuses.includes(429), statuses.join());
      assert.equal((await small.call('GET', '/api/keys', { key: manager })).status, 200);
    });

    test('more requests at once than it may work on are turned away, and it recovers', async () => {
      const key = await gateway.makeKey(['acme'], ['write:events']);
      const post = (): Promise<Answer> => small.call('POST', '/api/audit/events', { key, body: event });
      const inFlight = async (): Promise<string | undefined> =>
        /requests_in_flight\S* (\d+)/.exec((await small.call<string>('GET', '/metrics', { key: '' })).body)?.[1];
      assert.equal((await post()).status, 202, 'the key is known');
      // An answer may be here a moment before its request has left the count.
      await until(async () => (await inFlight()) === '0');
      const hanging = Array.from({ length: 2 }, () => {
        const socket = connect(small.port, '127.0.0.1');
        const lines = [
          'POST /api/audit/events HTTP/1.1',
          'Host: x',
          `X-API-Key: ${key}`,
          'Content-Type: application/json',
        ];
        socket.write([...lines, 'Content-Length: 50', '', '{'].join('\r\n'));
        return socket;
      });
      await until(async () => (await inFlight()) === '2');
      const turnedAway = await post();
      refused(turnedAway, 503, 'overloaded');
      assert.ok(turnedAway.headers.get('retry-after'));
      assert.equal((await small.call('GET', '/healthz', { key: '' })).status, 200);
      for (const socket of hanging) socket.destroy();
      await until(async () => (await inFlight()) === '0');
      assert.equal((await post()).status, 202);
    });
  });

  test('every kind of problem is explained in the guide', async () => {
    const { readFileSync } = await import('node:fs');
    const guide = readFileSync('docs/guides/http-problems.md', 'utf8');
    for (const [kind, { status }] of Object.entries(problemKinds)) {
      assert.match(guide, new RegExp(`\\| \`${kind}\`\\s+\\| ${status} `), kind);
    }
  });

  test('a stop answers what has begun, turns away what comes, and what was acknowledged is there', async () => {
    const leaving = await startTestGateway(world);
    const seen: { status: number; id: string }[] = [];
    let stopped = false;
    const client = async (): Promise<void> => {
      while (!stopped) {
        const answer = await leaving.call('POST', '/api/audit/events', { body: event }).catch(() => undefined);
        seen.push({ status: answer?.status ?? 0, id: answer?.body.ids?.[0] ?? '' });
      }
    };
    const clients = Array.from({ length: 10 }, client);
    await until(async () => seen.length > 50);
    await leaving.stop();
    stopped = true;
    await Promise.all(clients);
    const statuses = new Set(seen.map(({ status }) => status));
    assert.ok(
      [...statuses].every((status) => [202, 503, 0].includes(status)),
      [...statuses].join(),
    );
    const acknowledged = seen.filter(({ status }) => status === 202);
    assert.ok(acknowledged.length > 10);
    const judged = await judgeTopic(world);
    const ids = new Set(acceptedOf(judged).map(({ id }) => id));
    for (const { id } of acknowledged) assert.ok(ids.has(id));
    const last = Buffer.from(acknowledged.at(-1)!.id.replaceAll('-', ''), 'hex');
    const { epoch } = judged.find(({ opened }) => opened?.frame.value.includes(last))!.opened!.header;
    const closing = judged.findLast(({ opened }) => opened?.header.epoch.equals(epoch));
    assert.equal(closing?.opened?.header.kind, 'close', 'the lane ends in good order');
  });
});
