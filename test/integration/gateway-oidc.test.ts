import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { generateKeyPair, SignJWT } from 'jose';
import { createBrowser } from '../support/browser.js';
import { createGatewayWorld, type GatewayWorld, startTestGateway, type TestGateway } from '../support/gateway.js';
import { startOpenIdProvider, testAudience } from '../support/openid.js';

const publicUrl = new URL('http://audit.test');
const callback = `${publicUrl.origin}/api/session/oidc/callback`;

describe('sign-in by an OpenID provider', () => {
  let world: GatewayWorld;
  let gateway: TestGateway;
  let provider: Awaited<ReturnType<typeof startOpenIdProvider>>;
  let claims: Record<string, unknown>;
  const viewer = { email: 'ann@acme.example', organizations: ['acme'], permissions: ['view:audit_logs'] };

  const whoIs = (key: string) => gateway.call('GET', '/api/session', { key });
  const start = async (browser = createBrowser(gateway), query = '') => {
    const begun = await browser.call('GET', `/api/session/oidc/start${query}`);
    assert.equal(begun.status, 302, JSON.stringify(begun.body));
    return { browser, url: begun.headers.get('location')! };
  };
  const pathOf = (url: string): string => url.slice(publicUrl.origin.length);

  before(async () => {
    provider = await startOpenIdProvider(() => claims, callback);
    world = await createGatewayWorld();
    const signIn = { publicUrl, oidc: provider.config };
    gateway = await startTestGateway({ ...world, config: { ...world.config, signIn } });
  });
  after(async () => {
    await gateway?.stop();
    await world?.remove();
    await provider?.stop();
  });

  test('an access token is who and what its claims say, until it expires', async () => {
    claims = { ...viewer, roles: ['auditor', 'nonsense'] };
    const token = await provider.accessToken();
    const { status, body } = await whoIs(token);
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual([body.kind, body.name, body.organizations], ['oidc', 'ann@acme.example', ['acme']]);
    assert.deepEqual(body.permissions, ['view:audit_logs', 'export:audit_logs', 'verify']);
    const ask = async (query: string) => (await gateway.call('GET', `/api/audit${query}`, { key: token })).status;
    assert.deepEqual([await ask(''), await ask('?organization_id=globex')], [200, 403]);
    assert.ok(Math.abs(Date.parse(body.expires_at) - Date.now() - 60_000) < 30_000);
  });

  test('claims reach beyond organizations only where the deployment lets them', async () => {
    claims = {
      organizations: ['*', 'acme'],
      permissions: ['admin', 'view:system_audit_logs', 'verify', 'fly'],
      roles: 7,
    };
    const token = await provider.accessToken();
    const { body } = await whoIs(token);
    assert.deepEqual([body.organizations, body.permissions], [['acme'], ['verify']]);
    const signIn = { publicUrl, oidc: { ...provider.config, mayAdminister: true } };
    const trusting = await startTestGateway({ ...world, config: { ...world.config, signIn } });
    try {
      const { body: all } = await trusting.call('GET', '/api/session', { key: token });
      assert.equal(all.organizations, '*');
      assert.ok(all.permissions.includes('admin'));
    } finally {
      await trusting.stop();
    }
    claims = { permissions: ['view:audit_logs'] };
    const nowhere = await provider.accessToken();
    const { body: nothing } = await whoIs(nowhere);
    assert.deepEqual([nothing.organizations, nothing.permissions], [[], ['view:audit_logs']]);
    const { status, body: list } = await gateway.call('GET', '/api/audit', { key: nowhere });
    assert.deepEqual([status, list.events], [200, []], 'no organization is not every organization');
  });

  test('a token of another audience, issuer, key or algorithm, or an expired one, is refused', async () => {
    claims = viewer;
    const other = await generateKeyPair('RS256');
    const forge = (alg: string, key: Parameters<SignJWT['sign']>[0], issuer = provider.issuer, exp = '1m') =>
      new SignJWT({ ...viewer, sub: 'eve' })
        .setProtectedHeader({ alg, kid: 'one' })
        .setIssuer(issuer)
        .setAudience(testAudience)
        .setExpirationTime(exp)
        .sign(key);
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(
      JSON.stringify({ ...viewer, sub: 'eve', iss: provider.issuer, aud: testAudience, exp: 9_999_999_999 }),
    ).toString('base64url')}.`;
    const good = await provider.accessToken();
    for (const token of [
      await provider.accessToken('https://other.example/api'),
      await forge('RS256', other.privateKey),
      await forge('HS256', Buffer.alloc(32, 1)),
      none,
      `${good.slice(0, -4)}AAAA`,
      'a.b.c',
    ]) {
      const { status, headers, body } = await whoIs(token);
      assert.equal(status, 401, JSON.stringify(body));
      assert.match(headers.get('www-authenticate')!, /invalid_token/);
    }
    assert.equal((await whoIs(good)).status, 200);
    const asPlain = await gateway.call('GET', '/api/session', { key: '', headers: { 'x-api-key': good } });
    assert.equal(asPlain.status, 401, 'a token is no API key');
  });

  test('a browser signs in at the provider, comes back where it wanted to be, and has a session', async () => {
    claims = viewer;
    const { browser, url } = await start(undefined, '?return_to=/events%3Fq%3D1');
    const asked = new URL(url).searchParams;
    assert.deepEqual([asked.get('code_challenge_method'), asked.get('response_type')], ['S256', 'code']);
    const back = await provider.signIn(url, 'ann');
    const done = await browser.call('GET', pathOf(back));
    assert.equal(done.status, 302, JSON.stringify(done.body));
    assert.equal(done.headers.get('location'), '/events?q=1');
    const { body } = await browser.call('GET', '/api/session');
    assert.deepEqual([body.kind, body.name, body.organizations], ['session', 'ann@acme.example', ['acme']]);
    assert.equal((await browser.call('GET', '/api/audit?organization_id=globex')).status, 403);

    const again = createBrowser(gateway);
    assert.equal((await again.call('GET', pathOf(back))).status, 401, 'what came back works once');
  });

  test('nobody finishes a sign-in that another browser began, or that was tampered with', async () => {
    const { url, browser } = await start();
    const back = await provider.signIn(url, 'eve');
    const victim = createBrowser(gateway);
    assert.equal((await victim.call('GET', pathOf(back))).status, 401);
    assert.equal((await browser.call('GET', pathOf(back))).status, 401, 'and it is used up');

    const twisted = async (change: (query: URLSearchParams) => void): Promise<number> => {
      const begun = await start();
      const came = new URL(await provider.signIn(begun.url, 'eve'));
      change(came.searchParams);
      return (await begun.browser.call('GET', `${came.pathname}${came.search}`)).status;
    };
    assert.equal(await twisted(() => {}), 302);
    assert.equal(await twisted((query) => query.set('code', 'invented')), 401);
    assert.equal(await twisted((query) => query.set('state', 'A'.repeat(43))), 401);
    assert.equal(await twisted((query) => query.set('iss', 'https://evil.example')), 401);
    assert.equal(await twisted((query) => query.set('error', 'access_denied')), 401);
    for (const to of ['//evil.example', '/\\evil.example', 'https://evil.example', 'evil']) {
      const refused = await gateway.call('GET', `/api/session/oidc/start?return_to=${encodeURIComponent(to)}`);
      assert.equal(refused.status, 400, to);
    }
  });

  test('while the provider is away tokens wait and API keys go on', async () => {
    const oidc = { ...provider.config, issuer: 'http://127.0.0.1:9' };
    const cut = await startTestGateway({ ...world, config: { ...world.config, signIn: { publicUrl, oidc } } });
    try {
      claims = viewer;
      const answer = await cut.call('GET', '/api/session', { key: await provider.accessToken() });
      assert.deepEqual([answer.status, answer.body.part], [503, 'oidc']);
      assert.equal((await cut.call('GET', '/api/session')).status, 200);
    } finally {
      await cut.stop();
    }
    const without = await startTestGateway(world);
    try {
      assert.equal((await without.call('GET', '/api/session/oidc/start')).status, 404);
    } finally {
      await without.stop();
    }
  });

  test('a token that has expired since is refused', async () => {
    claims = viewer;
    const token = await provider.accessToken(testAudience, 3);
    assert.equal((await whoIs(token)).status, 200);
    await sleep(3_500);
    assert.equal((await whoIs(token)).status, 401);
  });
});
