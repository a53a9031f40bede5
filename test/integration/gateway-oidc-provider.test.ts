import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, importJWK, SignJWT } from 'jose';
import { readOidc } from '../../services/gateway/auth/oidc/config.js';
import { defaultTrustTimes, type TrustTimes } from '../../services/gateway/auth/oidc/key-set.js';
import { createProvider } from '../../services/gateway/auth/oidc/provider.js';
import { startOpenIdProvider, testAudience } from '../support/openid.js';

const refused = { kind: 'unauthenticated' };
const away = { kind: 'unavailable', extensions: { part: 'oidc' } };

describe('an OpenID provider', () => {
  let openid: Awaited<ReturnType<typeof startOpenIdProvider>>;
  const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'];
  const connect = (times: Partial<TrustTimes> = {}, more: { now?: () => number; issuer?: string } = {}) => {
    const { issuer } = openid;
    const provider = createProvider({ issuer, algorithms, times: { ...defaultTrustTimes, ...times }, ...more });
    return { ...provider, verify: (token: string) => provider.verify(token, { audience: testAudience }) };
  };

  before(async () => {
    openid = await startOpenIdProvider(() => ({ email: 'ann@acme.example' }), 'http://audit.test/callback');
  });
  after(() => openid?.stop());
  beforeEach(() => {
    openid.goAway(false);
    openid.takeAsked();
  });

  for (const algorithm of ['RS256', 'PS256', 'ES256', 'EdDSA']) {
    test(`may sign with ${algorithm}`, async () => {
      await openid.rotate({ keep: false, algorithm });
      const { sub } = await connect().verify(await openid.accessToken());
      assert.equal(sub, 'robot');
      const { issuer } = openid;
      const others = algorithms.filter((name) => name !== algorithm);
      const strict = createProvider({ issuer, algorithms: others });
      await assert.rejects(strict.verify(await openid.accessToken(), { audience: testAudience }), refused);
    });
  }

  test('may change its keys: a token of a new one counts at once, and one of a key that it took back no more', async () => {
    await openid.rotate();
    const provider = connect({ cooldownMs: 0 });
    const before = await openid.accessToken();
    await provider.verify(before);
    await openid.rotate({ keep: true });
    await provider.verify(await openid.accessToken());
    await provider.verify(before);
    await openid.rotate({ keep: false });
    await provider.verify(await openid.accessToken());
    await assert.rejects(provider.verify(before), refused);
  });

  test('that took a key back is believed within the time that its keys are fresh, though nobody asks for a new one', async () => {
    await openid.rotate({ keep: false });
    const provider = connect({ freshMs: 100 });
    const token = await openid.accessToken();
    await provider.verify(token);
    await openid.rotate({ keep: false });
    await sleep(150);
    // The keys are read beside the work: what asks first may still pass.
    const endMs = performance.now() + 10_000;
    const passes = () =>
      provider.verify(token).then(
        () => true,
        () => false,
      );
    while ((await passes()) && performance.now() < endMs) await sleep(50);
    await assert.rejects(provider.verify(token), refused);
  });

  test('is asked for its keys once, however many tokens come and whatever keys they name', async () => {
    await openid.rotate({ keep: false });
    const provider = connect();
    const token = await openid.accessToken();
    openid.takeAsked();
    await Promise.all(Array.from({ length: 50 }, () => provider.verify(token)));
    const { privateKey: key } = await generateKeyPair('RS256');
    const forged = Array.from({ length: 50 }, (_, n) =>
      new SignJWT({ sub: 'eve' })
        .setProtectedHeader({ alg: 'RS256', kid: `made up ${n}` })
        .setIssuer(openid.issuer)
        .setAudience(testAudience)
        .setExpirationTime('1m')
        .sign(key),
    );
    for (const one of forged) await assert.rejects(provider.verify(await one), refused);
    assert.deepEqual(openid.takeAsked(), ['/.well-known/openid-configuration', '/jwks']);
  });

  test('that is away is believed as it was known, for a day, and those who were never known are told to wait', async () => {
    await openid.rotate({ keep: false });
    let nowMs = 1;
    const provider = connect({}, { now: () => nowMs });
    const token = await openid.accessToken();
    await provider.verify(token);
    openid.goAway(true);
    for (const hours of [1, 2, 12, 23]) {
      nowMs = hours * 3_600_000;
      assert.equal((await provider.verify(token)).sub, 'robot', `${hours} hours`);
      await sleep(20);
    }
    nowMs = 25 * 3_600_000;
    await assert.rejects(provider.verify(token), away);
    await assert.rejects(connect().verify(token), away);
    openid.goAway(false);
    nowMs += 3_000;
    assert.equal((await provider.verify(token)).sub, 'robot', 'and again when it is back');
  });

  test('that is away is not hammered', async () => {
    const token = await openid.accessToken();
    openid.goAway(true);
    openid.takeAsked();
    const provider = connect();
    for (let n = 0; n < 50; n += 1) await assert.rejects(provider.verify(token), away);
    assert.ok(openid.takeAsked().length <= 2);
  });

  test('does not sign by its public key: that is no secret', async () => {
    await openid.rotate({ keep: false });
    const [published] = openid.publicKeys();
    const publicKey = await importJWK(published!, 'RS256');
    const pem = await exportSPKI(publicKey as CryptoKey);
    for (const secret of [pem, pem.trim(), published!.n!, JSON.stringify(published)]) {
      const token = await new SignJWT({ sub: 'eve' })
        .setProtectedHeader({ alg: 'HS256', kid: published!.kid! })
        .setIssuer(openid.issuer)
        .setAudience(testAudience)
        .setExpirationTime('1m')
        .sign(Buffer.from(secret));
      await assert.rejects(connect().verify(token), refused);
    }
    const provider = createProvider({ issuer: openid.issuer, algorithms: [...algorithms, 'HS256'] });
    const token = await new SignJWT({ sub: 'eve' })
      .setProtectedHeader({ alg: 'HS256', kid: published!.kid! })
      .setIssuer(openid.issuer)
      .setAudience(testAudience)
      .setExpirationTime('1m')
      .sign(Buffer.from(pem));
    await assert.rejects(provider.verify(token, { audience: testAudience }), refused, 'even where it were allowed');
  });
});

describe('what says that it is the provider', () => {
  let server: Server;
  let issuer: string;
  let documents: Record<string, () => { status?: number; body: string; headers?: Record<string, string> }>;
  let key: CryptoKey;
  let jwk: Record<string, unknown>;
  const sign = (claims: Record<string, unknown>, header: Record<string, unknown> = {}) =>
    new SignJWT({ iss: issuer, aud: testAudience, sub: 'eve', exp: Math.floor(Date.now() / 1_000) + 60, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'one', ...header })
      .sign(key, { crit: { ours: true } });
  const verify = async (token: Promise<string>) =>
    createProvider({ issuer, algorithms: ['ES256'] }).verify(await token, { audience: testAudience });

  before(async () => {
    const pair = await generateKeyPair('ES256');
    key = pair.privateKey;
    jwk = { ...(await exportJWK(pair.publicKey)), alg: 'ES256', kid: 'one' };
    server = createServer((request, response) => {
      const answer = documents[request.url!]?.() ?? { status: 404, body: '{}' };
      response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => server?.close());
  beforeEach(() => {
    const discovery = {
      issuer,
      jwks_uri: `${issuer}/keys`,
      authorization_endpoint: `${issuer}/auth`,
      token_endpoint: `${issuer}/token`,
    };
    documents = {
      '/.well-known/openid-configuration': () => ({ body: JSON.stringify(discovery) }),
      '/keys': () => ({ body: JSON.stringify({ keys: [jwk] }) }),
    };
  });

  test('counts for tokens that name it, its audience and somebody, within their time', async () => {
    assert.equal((await verify(sign({}))).sub, 'eve');
    assert.equal((await verify(sign({ aud: ['other', testAudience] }))).sub, 'eve');
    const nowSeconds = Math.floor(Date.now() / 1_000);
    assert.equal((await verify(sign({ nbf: nowSeconds + 10 }))).sub, 'eve', 'clocks may differ by seconds');
    for (const wrong of [
      { iss: 'https://evil.example' },
      { iss: `${issuer}/` },
      { iss: undefined },
      { aud: 'other' },
      { aud: undefined },
      { exp: nowSeconds - 60 },
      { exp: undefined },
      { exp: '9999999999' },
      { nbf: nowSeconds + 3_600 },
      { sub: undefined },
      { sub: '' },
      { sub: 7 },
    ]) {
      await assert.rejects(verify(sign(wrong)), refused, JSON.stringify(wrong));
    }
    await assert.rejects(verify(sign({}, { crit: ['ours'], ours: true })), refused);
  });

  test('has to be the issuer that is configured, and to answer in a sensible size', async () => {
    const discovery = documents['/.well-known/openid-configuration']!;
    const { body } = discovery();
    const cases: [string, () => { status?: number; body: string; headers?: Record<string, string> }][] = [
      ['/.well-known/openid-configuration', () => ({ body: body.replace(issuer, 'https://evil.example') })],
      ['/.well-known/openid-configuration', () => ({ body: `"${'x'.repeat(1_000_000)}"` })],
      ['/.well-known/openid-configuration', () => ({ body: '[]' })],
      ['/.well-known/openid-configuration', () => ({ body: 'null' })],
      ['/.well-known/openid-configuration', () => ({ body: '{' })],
      [
        '/.well-known/openid-configuration',
        () => ({ status: 302, body: '', headers: { location: `${issuer}/elsewhere` } }),
      ],
      ['/keys', () => ({ body: JSON.stringify({ keys: [jwk], padding: 'x'.repeat(1_000_000) }) })],
      ['/keys', () => ({ body: '{"keys":7}' })],
      ['/keys', () => ({ status: 500, body: '' })],
      ['/keys', () => ({ status: 302, body: '', headers: { location: `${issuer}/elsewhere` } })],
    ];
    for (const [path, answer] of cases) {
      documents = { ...documents, '/elsewhere': path === '/keys' ? documents['/keys']! : discovery };
      const kept = documents[path]!;
      documents[path] = answer;
      await assert.rejects(verify(sign({})), away, `${path} ${answer().body.slice(0, 40)}`);
      documents[path] = kept;
    }
    assert.equal((await verify(sign({}))).sub, 'eve');
  });
});

describe('the configuration of an OpenID provider', () => {
  const base = { SEALSTREAM_OIDC_ISSUER: 'https://id.example', SEALSTREAM_OIDC_AUDIENCE: 'audit' };

  test('names the provider’s roles as ours', () => {
    const read = (map: string) => readOidc({ ...base, SEALSTREAM_OIDC_ROLE_MAP: map })?.roleMap;
    assert.deepEqual(
      read('Audit Readers:viewer, urn:acme:soc:auditor,urn:acme:soc:writer'),
      new Map([
        ['Audit Readers', ['viewer']],
        ['urn:acme:soc', ['auditor', 'writer']],
      ]),
    );
    assert.equal(readOidc(base)?.roleMap, undefined);
    for (const wrong of ['viewer', ':viewer', 'SOC:', 'SOC:Viewer', 'a:viewer,,b:viewer']) {
      assert.throws(() => read(wrong), /SEALSTREAM_OIDC_ROLE_MAP/, wrong);
    }
  });

  test('refuses algorithms with a shared secret, an issuer over http, and an issuer that signs nobody in', () => {
    for (const wrong of [
      { ...base, SEALSTREAM_OIDC_ALGORITHMS: 'RS256,HS256' },
      { ...base, SEALSTREAM_OIDC_ALGORITHMS: 'none' },
      { ...base, SEALSTREAM_OIDC_ISSUER: 'http://id.example' },
      { SEALSTREAM_OIDC_ISSUER: 'https://id.example' },
      { ...base, SEALSTREAM_OIDC_MAY_ADMINISTER: 'maybe' },
    ]) {
      assert.throws(() => readOidc(wrong), { code: 'config' }, JSON.stringify(wrong));
    }
    assert.equal(readOidc({}), undefined);
  });
});
