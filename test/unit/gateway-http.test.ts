import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Fastify from 'fastify';
import type { Logger } from '../../services/core/log.js';
import { createMetrics } from '../../services/core/metrics.js';
import { Problem } from '../../services/gateway/errors.js';
import { acceptsGzip, codingFor } from '../../services/gateway/http/content-coding.js';
import { etagOf, isAmong } from '../../services/gateway/http/etag.js';
import { createHttpMetrics } from '../../services/gateway/http/metrics.js';
import { problemBody } from '../../services/gateway/http/problem-body.js';
import { registerProblems } from '../../services/gateway/http/problems.js';
import { createRouteTable } from '../../services/gateway/http/route-table.js';
import { createTokenBuckets } from '../../services/gateway/http/token-buckets.js';

describe('a rate', () => {
  test('lets a burst through, then as much as comes back', () => {
    let nowMs = 0;
    const buckets = createTokenBuckets({ perSecond: 10, burst: 3, now: () => nowMs });
    assert.deepEqual(
      [1, 2, 3].map(() => buckets.take('a')),
      [0, 0, 0],
    );
    assert.equal(buckets.take('a'), 100, 'after 100 ms there is one');
    assert.equal(buckets.take('b'), 0, 'another key has its own');
    nowMs = 99;
    assert.equal(buckets.take('a') > 0, true);
    nowMs = 200;
    assert.equal(buckets.take('a'), 0);
    nowMs = 1_000_000;
    assert.deepEqual(
      [1, 2, 3].map(() => buckets.take('a')),
      [0, 0, 0],
      'never more than the burst',
    );
    assert.equal(buckets.take('a') > 0, true);
  });

  test('charges a cost above the burst as the burst, and a refusal nothing', () => {
    let nowMs = 0;
    const buckets = createTokenBuckets({ perSecond: 10, burst: 10, now: () => nowMs });
    assert.equal(buckets.take('a', 1_000), 0);
    assert.equal(buckets.take('a', 5), 500);
    nowMs = 500;
    assert.equal(buckets.take('a', 5), 0);
  });

  test('remembers a bounded number of keys', () => {
    const buckets = createTokenBuckets({ perSecond: 1, burst: 1, maxKeys: 100 });
    for (let n = 0; n < 1_000; n += 1) buckets.take(`key ${n}`);
    assert.equal(buckets.size, 100);
    assert.equal(buckets.take('key 999') > 0, true, 'the newest is not forgotten');
  });
});

test('the methods of a path are found as the router would match it', async () => {
  const app = Fastify();
  const routes = createRouteTable(app);
  app.get('/api/things/:id', async () => '');
  app.delete('/api/things/:id', async () => '');
  app.post('/api/things', async () => '');
  app.get('/files/*', async () => '');
  app.post('/api/things/new', async () => '');
  await app.ready();
  assert.deepEqual(routes.methodsOf('/api/things/7'), ['DELETE', 'GET', 'HEAD']);
  assert.deepEqual(routes.methodsOf('/api/things'), ['POST']);
  assert.deepEqual(routes.methodsOf('/files/a/b'), ['GET', 'HEAD']);
  assert.deepEqual(routes.methodsOf('/api/things/'), []);
  assert.deepEqual(routes.methodsOf('/nothing'), []);
  assert.deepEqual(routes.methodsOf('/api/things/new'), ['POST'], 'GET would ask for a thing whose id is `new`');
  assert.equal(routes.isRouteOf('/api/things/new', '/api/things/:id'), false);
  assert.equal(routes.isRouteOf('/api/things/new', '/api/things/new'), true);
  assert.equal(routes.isRouteOf('/api/things/7', '/api/things/:id'), true);
});

test('no extension of a problem overrides what RFC 9457 names', () => {
  const problem = new Problem('conflict', 'd', { extensions: { status: 200, type: 'x', part: 'kafka' } });
  const body = problemBody(problem, 'r');
  assert.deepEqual(body, {
    type: 'urn:sealstream:problem:conflict',
    title: 'It contradicts what is there',
    status: 409,
    detail: 'd',
    part: 'kafka',
    request_id: 'r',
  });
});

describe('the coding of an answer', () => {
  test('is gzip for those who take it and nothing better', () => {
    for (const header of ['gzip', 'gzip, deflate', 'br;q=0.5, gzip', 'GZIP;q=1', 'x-gzip', 'br;q=0, *;q=0.1']) {
      assert.equal(codingFor(header), 'gzip', header);
      assert.equal(acceptsGzip(header), true, header);
    }
  });

  test('is Brotli for those who like it as much', () => {
    for (const header of ['br', 'gzip, deflate, br, zstd', '*', 'gzip;q=0.5, br', 'gzip;q=0, *']) {
      assert.equal(codingFor(header), 'br', header);
    }
  });

  test('is none for those who take none of them, or cannot be understood', () => {
    for (const header of [undefined, '', 'identity', 'gzip;q=0', '*;q=0', 'deflate', 'gzip;q=high', 'br;q=-1', ',;,']) {
      assert.equal(codingFor(header), undefined, String(header));
      assert.equal(acceptsGzip(header), false, String(header));
    }
  });
});

test('an ETag is among those of If-None-Match by weak comparison', () => {
  const etag = etagOf('the body');
  assert.match(etag, /^W\/"[\w-]{22}"$/);
  assert.notEqual(etag, etagOf('another body'));
  for (const header of ['*', etag, etag.slice(2), `"a", ${etag}`, ` ${etag} ,"b"`])
    assert.ok(isAmong(header, etag), header);
  for (const header of ['', '"a"', etag.toLowerCase(), `${etag}x`, '"*"']) assert.ok(!isAmong(header, etag), header);
});

test('a client that goes away is no failure of the gateway', async () => {
  const said: string[] = [];
  const log = { info: () => said.push('info'), error: () => said.push('error') } as unknown as Logger;
  const app = Fastify();
  const metrics = createHttpMetrics(createMetrics('test', { process: false }));
  registerProblems(app, { routes: createRouteTable(app), metrics, log });
  app.get('/slow', async (_, reply) => {
    leave.abort();
    await once(reply.raw, 'close');
    throw new Error('the query was broken off');
  });
  const leave = new AbortController();
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  await assert.rejects(fetch(`${url}/slow`, { signal: leave.signal }), { name: 'AbortError' });
  while (said.length === 0) await sleep(5);
  await app.close();
  assert.deepEqual(said, ['info']);
  assert.deepEqual((await metrics.problems.get()).values, []);
});
