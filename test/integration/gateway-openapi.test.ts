import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import Fastify, { type FastifyInstance } from 'fastify';
import { registerDescription } from '../../services/gateway/openapi/describe.js';
import type { ApiDocument, Operation } from '../../services/gateway/openapi/types.js';
import { filterFields } from '../../services/gateway/query/filter-fields.js';
import { openExport, takeAll } from '../support/exporting.js';
import { createGatewayWorld, type GatewayWorld, startTestGateway, type TestGateway } from '../support/gateway.js';
import { startConsumerOf } from '../support/gateway-consumer.js';

let world: GatewayWorld;
let gateway: TestGateway;
/** Every route that the gateway registered, whoever described it: `GET /api/audit/{id}`. */
const registered = new Set<string>();

before(async () => {
  world = await createGatewayWorld();
  const note = (message: unknown): void => {
    (message as { fastify: FastifyInstance }).fastify.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat())
        registered.add(`${one} ${url.replace(/:(\w+)/g, '{$1}').replace(/\*$/, '{*}')}`);
    });
  };
  subscribe('fastify.initialization', note);
  gateway = await startTestGateway(world);
  unsubscribe('fastify.initialization', note);
});

after(async () => {
  await gateway?.stop();
  await world?.remove();
});

describe('the description of the API', () => {
  let document: ApiDocument;
  let operations: { name: string; operation: Operation }[];

  before(async () => {
    document = (await gateway.call<ApiDocument>('GET', '/openapi.json', { key: '' })).body;
    operations = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
    );
  });

  test('is OpenAPI 3.1 by the schema that the specification publishes', async () => {
    assert.equal((document as unknown as { openapi: string }).openapi, '3.1.0');
    const { valid, errors } = await new Validator().validate(structuredClone(document) as never);
    assert.deepEqual([valid, errors], [true, undefined]);
  });

  test('holds every route that is registered, and none that is not', () => {
    assert.ok(registered.size > 50);
    const probes = ['GET /healthz', 'GET /metrics', 'GET /readyz'];
    const wanted = [...registered].filter((name) => !name.startsWith('HEAD '));
    assert.deepEqual(operations.map(({ name }) => name).sort(), [...wanted, ...probes].sort());
  });

  test('is of valid JSON Schemas only', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema({ $id: 'document', ...(document as object) });
    const schemasIn = (value: unknown, at: string): string[] => {
      if (typeof value !== 'object' || value === null) return [];
      return Object.entries(value).flatMap(([name, inner]) => {
        const here = `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
        return name === 'schema' ? [here] : schemasIn(inner, here);
      });
    };
    const places = [
      ...schemasIn(document.paths, '/paths'),
      ...Object.keys(document.components.schemas).map((name) => `/components/schemas/${name}`),
    ];
    assert.ok(places.length > 500);
    for (const place of places) ajv.compile({ $ref: `document#${encodeURI(place)}` });
  });

  test('is refused a route that does not say what it is, and one that hides', async () => {
    const full = { summary: 's', operationId: 'o', tags: ['events'], response: { 200: {} } };
    for (const schema of [
      undefined,
      { ...full, summary: '' },
      { ...full, operationId: undefined },
      { ...full, tags: ['none such'] },
      { ...full, response: { 404: {} } },
      { ...full, hide: true },
    ]) {
      const app = Fastify();
      await registerDescription(app, { version: '1', sessionCookie: 'c' });
      assert.throws(() => app.get('/x', { schema: schema as object }, async () => ''), /GET \/x is not described: /);
    }
  });

  test('names every way that the guides name', () => {
    const names = new Set(operations.map(({ name }) => name));
    for (const name of [
      'POST /api/audit/events',
      'POST /api/audit/batches',
      'GET /api/audit',
      'GET /api/audit/system',
      'GET /api/audit/summary',
      'GET /api/audit/facets',
      'GET /api/audit/{id}/verify',
      'GET /api/audit/export',
      'GET /api/audit-logs/export',
      'GET /api/realms/{realm}/apps/{app}/audit',
      'GET /api/actions',
      'POST /api/keys',
      'DELETE /api/producers/{keyId}',
      'GET /openapi.json',
      'GET /docs',
    ]) {
      assert.ok(names.has(name), name);
    }
  });

  test('says of every operation what it is for, under a name of its own and a tag that is explained', () => {
    const tags = new Set(document.tags!.map(({ name }) => name));
    const ids = new Set<string>();
    for (const { name, operation } of operations) {
      const { operationId, summary, tags: given = [] } = operation;
      assert.ok(operationId && summary, name);
      assert.ok(!ids.has(operationId), `${operationId} twice`);
      ids.add(operationId);
      assert.ok(given.length === 1 && tags.has(given[0]!), `${name}: ${given}`);
    }
  });

  test('means what it says of query strings: a number or a choice that is none is refused by its name, on every route', async () => {
    const bad = {
      integer: ['true', '0x10', '1e2', '1&{name}=2'],
      choice: ['maybe', 'TRUE'],
    };
    const asked = operations.flatMap(({ name, operation }) => {
      const [method, path] = name.split(' ');
      if (method !== 'GET') return [];
      return (operation.parameters ?? []).flatMap(({ name: parameter, in: where, schema }) => {
        const { type, enum: choices } = schema;
        const kind = type === 'integer' ? 'integer' : type === 'boolean' || choices ? 'choice' : undefined;
        if (where !== 'query' || !kind) return [];
        const at = path!.replace('{id}', '0190a5c2-7f3e-7b11-9c5a-3f0d8a6b1c2d').replace(/\{\w+\}/g, 'action');
        return bad[kind].map((value) => ({
          parameter,
          url: `${at}?${parameter}=${value.replace('{name}', parameter)}`,
        }));
      });
    });
    assert.ok(asked.some(({ url }) => url.startsWith('/api/erasures?limit=')) && asked.length > 100, `${asked.length}`);
    const taken: string[] = [];
    for (const { parameter, url } of asked) {
      const { status, body } = await gateway.call('GET', url);
      if (status !== 400 || body.errors?.[0]?.parameter !== parameter) taken.push(`${url}: ${status}`);
    }
    assert.deepEqual(taken, []);
  });

  test('says what every operation can be refused with, as problems', () => {
    for (const { name, operation } of operations) {
      const { responses, security, requestBody, parameters = [], tags } = operation;
      if (tags?.includes('operations')) continue;
      const statuses = Object.keys(responses);
      const isPublic = security?.length === 0;
      const wanted = [
        ...['400', '431', '500', '503'],
        ...(isPublic ? [] : ['401', '403', '429']),
        ...(requestBody ? ['413', '415'] : []),
        ...(parameters.some((parameter) => parameter.in === 'path') ? ['414'] : []),
      ];
      for (const status of wanted) assert.ok(statuses.includes(status), `${name} ${status}`);
      for (const status of statuses.filter((status) => Number(status) >= 400)) {
        const content = Object.entries(responses[status]!.content ?? {});
        // Pages for a person in a browser say it in words.
        if (content.every(([type]) => type === 'text/html') && name.includes('{secret}')) continue;
        assert.deepEqual(
          content.map(([type, { schema }]) => [type, schema?.$ref]),
          [['application/problem+json', '#/components/schemas/Problem']],
          `${name} ${status}`,
        );
      }
      assert.ok(
        statuses.some((status) => Number(status) < 400),
        `${name} succeeds`,
      );
    }
  });

  test('names every filter under each of its names', () => {
    const list = operations.find(({ name }) => name === 'GET /api/audit')!.operation;
    const names = list.parameters!.map((parameter) => parameter.name);
    for (const field of filterFields) for (const name of field.names) assert.ok(names.includes(name), name);
  });

  test('refers to no component that is not there', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+)\/([\w-]+)"/g)];
    assert.ok(refs.length > 100);
    const components = document.components as unknown as Record<string, Record<string, unknown>>;
    for (const [, kind, name] of refs) assert.ok(components[kind!]?.[name!], `${kind}/${name}`);
  });

  test('knows the ways in', () => {
    assert.deepEqual(Object.keys(document.components.securitySchemes), ['bearer', 'apiKey', 'session']);
    assert.match(document.components.securitySchemes.session!.name!, /sealstream_/);
  });
});

describe('the description for people', () => {
  test('shows every operation on a page that runs nothing and loads its own style only', async () => {
    const { status, headers, body } = await gateway.call('GET', '/docs', { key: '' });
    assert.equal(status, 200);
    const page = String(body);
    assert.match(headers.get('content-type')!, /^text\/html/);
    assert.equal(
      headers.get('content-security-policy'),
      "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    assert.doesNotMatch(page, /<script|javascript:|\son\w+=|style=|https?:\/\//i);
    assert.doesNotMatch(page, /\[object|undefined/);
    const { body: document } = await gateway.call<ApiDocument>('GET', '/openapi.json', { key: '' });
    for (const item of Object.values(document.paths)) {
      for (const { operationId } of Object.values(item)) assert.ok(page.includes(`id="${operationId}"`), operationId);
    }
    assert.match(page, /<a class="skip" href="#main">/);
    const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, target]) => target);
    for (const target of links) assert.ok(page.includes(`id="${target}"`), target);
    assert.equal((await gateway.call('GET', '/docs/style.css', { key: '' })).status, 200);
  });
});

describe('every answer', () => {
  test('tells browsers to run, frame, keep and guess nothing, and carries the gateway’s own request id', async () => {
    for (const [path, key] of [
      ['/api/audit', world.adminKey],
      ['/api/audit', ''],
      ['/nowhere', ''],
    ] as const) {
      const { headers } = await gateway.call('GET', path, { key, headers: { 'x-request-id': 'mine\tforged' } });
      assert.match(headers.get('content-security-policy')!, /default-src 'none'.*frame-ancestors 'none'/);
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
      assert.equal(headers.get('referrer-policy'), 'no-referrer');
      assert.equal(headers.get('cache-control'), 'no-store');
      assert.match(headers.get('permissions-policy')!, /geolocation=\(\)/);
      assert.equal(headers.get('strict-transport-security'), null, 'not over http');
      assert.match(headers.get('x-request-id')!, /^[0-9a-f-]{36}$/);
    }
  });

  test('asks for https for a year where browsers come by https', async () => {
    const secure = await createGatewayWorld();
    const signIn = { publicUrl: new URL('https://audit.example') };
    const other = await startTestGateway({ ...secure, config: { ...secure.config, signIn } });
    try {
      const { headers } = await other.call('GET', '/api/audit');
      assert.equal(headers.get('strict-transport-security'), 'max-age=31536000');
    } finally {
      await other.stop();
      await secure.remove();
    }
  });

  test('that is large comes compressed to those who take that, and says that it depends on who asks', async () => {
    const url = `${gateway.url}/openapi.json`;
    const plain = await takeAll(await openExport(url));
    const packed = await takeAll(await openExport(url, { headers: { 'accept-encoding': 'gzip' } }));
    assert.equal(packed.headers['content-encoding'], 'gzip');
    assert.equal(packed.headers.vary, 'accept-encoding');
    const smaller = await takeAll(await openExport(url, { headers: { 'accept-encoding': 'gzip, deflate, br' } }));
    assert.equal(smaller.headers['content-encoding'], 'br');
    assert.deepEqual(brotliDecompressSync(smaller.bytes), plain.bytes);
    assert.equal(plain.headers['content-encoding'], undefined);
    assert.equal(plain.headers.vary, 'accept-encoding');
    assert.ok(packed.bytes.length * 4 < plain.bytes.length);
    assert.deepEqual(gunzipSync(packed.bytes), plain.bytes);
    const small = await takeAll(await openExport(`${gateway.url}/nowhere`, { headers: { 'accept-encoding': 'gzip' } }));
    assert.equal(small.headers['content-encoding'], undefined);
  });

  test('is left out where the one who asks has it already', async () => {
    const first = await gateway.call('GET', '/openapi.json', { key: '' });
    const etag = first.headers.get('etag')!;
    assert.match(etag, /^W\/"[\w-]{22}"$/);
    for (const known of [etag, `"other", ${etag}`, '*', etag.slice(2)]) {
      const again = await gateway.call('GET', '/openapi.json', { key: '', headers: { 'if-none-match': known } });
      assert.deepEqual([again.status, again.body], [304, ''], known);
      assert.equal(again.headers.get('etag'), etag);
    }
    const changed = await gateway.call('GET', '/openapi.json', { key: '', headers: { 'if-none-match': '"other"' } });
    assert.equal(changed.status, 200);
  });

  test('about actions and single events can be asked for again by its ETag, and is kept by no browser', async () => {
    const consumer = await startConsumerOf(world);
    try {
      const event = { action: 'auth.login', organization_id: 'acme' };
      const { body } = await gateway.call<{ ids: string[] }>('POST', '/api/audit/events', { body: event });
      const [id] = body.ids;
      const deadlineMs = performance.now() + 30_000;
      while ((await gateway.call('GET', `/api/audit/${id}`)).status === 404 && performance.now() < deadlineMs) {
        await sleep(50);
      }
      for (const path of [
        `/api/audit/${id}`,
        `/api/audit-logs/${id}`,
        '/api/actions?seen=false',
        '/api/actions/auth.login',
      ]) {
        const { status, headers } = await gateway.call('GET', path);
        assert.deepEqual([status, headers.get('cache-control')], [200, 'no-store'], path);
        const known = { 'if-none-match': headers.get('etag')! };
        const again = await gateway.call('GET', path, { headers: known });
        assert.deepEqual([again.status, again.body, again.headers.get('vary')], [304, '', 'accept-encoding'], path);
        const { status: refused } = await gateway.call('GET', path, { key: '', headers: known });
        assert.equal(refused, 401, 'an ETag is no credential');
      }
    } finally {
      await consumer.stop();
    }
  });

  test('to HEAD is that to GET without its body; OPTIONS tells what a path takes', async () => {
    const head = await takeAll(await openExport(`${gateway.url}/api/audit`, { key: world.adminKey, method: 'HEAD' }));
    assert.deepEqual([head.status, head.bytes.length], [200, 0]);
    assert.match(String(head.headers['content-type']), /^application\/json/);
    const options = await gateway.call('OPTIONS', '/api/keys', { key: '' });
    assert.deepEqual([options.status, options.headers.get('allow')], [204, 'GET, HEAD, POST, OPTIONS']);
    assert.equal(options.headers.get('access-control-allow-origin'), null, 'no other site may ask');
    assert.equal((await gateway.call('OPTIONS', '/nowhere', { key: '' })).status, 404);
  });
});

describe('too much', () => {
  test('of parameters is refused, whatever they are', async () => {
    const many = Array.from({ length: 10_000 }, (_, n) => `p${n}=1`).join('&');
    const some = Array.from({ length: 1_000 }, (_, n) => `p${n}=1`).join('&');
    assert.equal((await gateway.call('GET', `/api/audit?${many}`)).status, 431);
    assert.equal((await gateway.call('GET', `/api/audit?${some}`)).status, 400);
    assert.equal((await gateway.call('GET', `/api/audit/export?${some}`)).status, 400);
    assert.equal((await gateway.call('GET', `/api/audit-logs?${some}`)).status, 400);
  });

  test('of a path, of nesting, and of what is no URL', async () => {
    assert.equal((await gateway.call('GET', `/api/audit/${'x'.repeat(600)}`)).status, 414);
    assert.equal((await gateway.call('GET', '/api/audit/%zz')).status, 400);
    assert.equal((await gateway.call('GET', '/api/realms//audit')).status, 400);
    const deep = `${'['.repeat(200)}${']'.repeat(200)}`;
    assert.equal((await gateway.call('POST', '/api/audit/events', { body: deep })).status, 400);
    assert.equal((await gateway.call('GET', '/api/audit?a[b][c]=d')).status, 400);
    assert.equal((await gateway.call('GET', '/api/audit?action=%00')).status, 400);
  });
});
