import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import Fastify, { type FastifyInstance } from 'fastify';
import { registerCompression } from '../../services/gateway/http/compression.js';
import { registerEtags } from '../../services/gateway/http/etag.js';
import { registerSecurityHeaders } from '../../services/gateway/http/security-headers.js';
import { readPageFiles } from '../../services/gateway/page/page-files.js';
import { registerPage } from '../../services/gateway/page/register-page.js';

const html = `<!doctype html><title>page</title>${'<p>text</p>'.repeat(500)}`;
const script = `export const a = ${JSON.stringify('x'.repeat(5_000))};`;
const navigating = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

/** The page in the order of app.ts, on a port of its own, beside one route of the API. */
async function startPage(folder: string): Promise<{ app: FastifyInstance; url: string }> {
  const server = createServer();
  const app = Fastify({
    serverFactory: (handler) => server.on('request', handler),
  });
  registerSecurityHeaders(app, { publicUrl: undefined });
  registerEtags(app);
  registerCompression(app);
  registerPage(app, { files: readPageFiles(folder) });
  app.setNotFoundHandler((_, reply) => reply.code(404).type('application/problem+json').send('{}'));
  app.get('/api/audit', async () => ({ events: [] }));
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  return { app, url };
}

describe('the console’s page', () => {
  let folder: string;
  let app: FastifyInstance;
  let url: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sealstream-page-'));
    mkdirSync(join(folder, 'assets'));
    writeFileSync(join(folder, 'index.html'), html);
    writeFileSync(join(folder, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
    writeFileSync(join(folder, 'assets/main-A1b2.js'), script);
    writeFileSync(join(folder, 'assets/main-A1b2.js.gz'), gzipSync(script));
    writeFileSync(join(folder, 'assets/main-A1b2.js.br'), brotliCompressSync(script));
    writeFileSync(join(folder, '.build'), 'stamp');
    ({ app, url } = await startPage(folder));
  });

  after(async () => {
    await app?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('answers each of its paths with the document, for who navigates', async () => {
    for (const path of ['/', '/explore', '/actors/usr_42?from=1', '/alerts/rules/a']) {
      const answer = await fetch(url + path, { headers: navigating });
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8');
      assert.equal(answer.headers.get('cache-control'), 'no-cache');
      assert.match(answer.headers.get('vary')!, /accept\b.*accept-encoding/);
      assert.equal(await answer.text(), html);
    }
  });

  test('runs under a policy that lets in nothing inline and nothing of others', async () => {
    const answer = await fetch(url, { headers: navigating });
    const policy = answer.headers.get('content-security-policy')!;
    assert.match(policy, /default-src 'self'/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe/);
  });

  test('leaves the API, its description and the probes to the gateway, and unknown paths to who asks for data', async () => {
    for (const path of ['/api', '/api/nothing', '/docs/nothing', '/openapi.json', '/metrics', '/assets/gone-1.js']) {
      assert.equal((await fetch(url + path, { headers: navigating })).status, 404, path);
    }
    assert.equal((await fetch(`${url}/explore`, { headers: { accept: 'application/json' } })).status, 404);
    assert.equal((await fetch(`${url}/explore`, { method: 'POST', headers: navigating })).status, 404);
    assert.deepEqual(await (await fetch(`${url}/api/audit`, { headers: navigating })).json(), { events: [] });
  });

  test('sends hashed files to be kept for ever, in the coding that was asked for', async () => {
    for (const coding of ['br', 'gzip', 'identity']) {
      const answer = await fetch(`${url}/assets/main-A1b2.js`, { headers: { 'accept-encoding': coding } });
      assert.equal(answer.headers.get('content-encoding'), coding === 'identity' ? null : coding);
      assert.match(answer.headers.get('cache-control')!, /immutable/);
      assert.equal(answer.headers.get('content-type'), 'text/javascript; charset=utf-8');
      assert.equal(await answer.text(), script);
    }
  });

  test('sends nothing to who has it already, and to HEAD no body', async () => {
    const first = await fetch(url, { headers: navigating });
    const again = await fetch(url, { headers: { ...navigating, 'if-none-match': first.headers.get('etag')! } });
    assert.equal(again.status, 304);
    const head = await fetch(`${url}/assets/main-A1b2.js`, {
      method: 'HEAD',
      headers: { 'accept-encoding': 'identity' },
    });
    assert.equal(head.headers.get('content-length'), String(script.length));
    assert.equal(await head.text(), '');
  });

  test('shows nothing of the folder but the build’s files', async () => {
    for (const path of ['/.build', '/assets/main-A1b2.js.br', '/assets/../../package.json', '/%2e%2e/package.json']) {
      assert.equal((await fetch(url + path)).status, 404, path);
    }
  });

  test('says how the console is built, where it was not', async () => {
    const empty = await startPage(join(folder, 'nothing-here'));
    try {
      const answer = await fetch(empty.url, { headers: navigating });
      assert.equal(answer.status, 503);
      assert.match(await answer.text(), /npm run build/);
    } finally {
      await empty.app.close();
    }
  });
});
