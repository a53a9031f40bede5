import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createLogger } from '../../services/core/log.js';
import { adminKeyId, noteAdminKey, readAdminKey } from '../../services/gateway/auth/admin-key.js';
import { type ApiKey, hashOfKey, newKeyText, prefixOfKey } from '../../services/gateway/auth/api-key.js';
import { createAuthenticator } from '../../services/gateway/auth/authenticator.js';
import { createKeyDirectory } from '../../services/gateway/auth/key-directory.js';
import type { KeyTable } from '../../services/gateway/auth/key-table.js';
import { createSources } from '../../services/gateway/auth/sources.js';

const keyOf = (text: string, more: Partial<ApiKey> = {}): ApiKey => ({
  id: `key_${text.slice(3, 9)}`,
  version: 1,
  prefix: prefixOfKey(text),
  hash: hashOfKey(text),
  name: 'a key',
  organizations: ['acme'],
  permissions: ['write:events'],
  createdAtMs: 0,
  expiresAtMs: undefined,
  revokedAtMs: undefined,
  ...more,
});

/** A table in memory that counts its questions and can be away. */
function fakeTable() {
  const rows = new Map<string, ApiKey>();
  const state = { asked: 0, away: false };
  const ask = <T>(answer: () => T): T => {
    state.asked += 1;
    if (state.away) throw new Error('connection refused');
    return answer();
  };
  const table: KeyTable = {
    fingerprint: async () => ask(() => JSON.stringify([...rows.values()].map(({ id, version }) => [id, version]))),
    all: async () => ask(() => [...rows.values()]),
    put: async (key) => ask(() => void rows.set(key.id, key)),
  };
  return { table, rows, state };
}

function setUp() {
  const clock = { ms: 0 };
  const fakes = fakeTable();
  const log = createLogger('test', 'silent');
  const directory = createKeyDirectory({ ...fakes, log, now: () => clock.ms });
  const adminText = newKeyText();
  const admin = readAdminKey(`${adminText}\n`);
  const authenticator = createAuthenticator({ sources: createSources({ directory, admin, now: () => clock.ms }) });
  return { clock, ...fakes, directory, adminText, admin, authenticator };
}

const refused = { kind: 'unauthenticated' };

describe('an API key', () => {
  test('is taken as a bearer token or as X-API-Key, and in one place only', async () => {
    const { authenticator, rows } = setUp();
    const text = newKeyText();
    rows.set('k', keyOf(text));
    for (const headers of [
      { authorization: `Bearer ${text}` },
      { authorization: [`bearer   ${text}`] },
      { 'x-api-key': [text] },
      { 'x-api-token': [text] },
    ]) {
      assert.equal((await authenticator.ofHeaders(headers)).name, 'a key');
    }
    for (const headers of [
      {},
      { authorization: text },
      { authorization: `Basic ${text}` },
      { authorization: `Bearer ${text}, Bearer ${text}` },
      { authorization: [`Bearer ${text}`, `Bearer ${text}`] },
      { authorization: `Bearer ${text}`, 'x-api-key': text },
      { 'x-api-key': [text, text] },
      { 'x-api-key': text, 'x-api-token': text },
      { 'x-api-key': ` ${text}` },
      { 'x-api-key': '' },
      { 'x-api-key': `${text}\0` },
    ]) {
      await assert.rejects(authenticator.ofHeaders(headers), refused, JSON.stringify(headers));
    }
  });

  test('that is no key’s text is never looked up, and a flood of unknown ones shares its questions', async () => {
    const { authenticator, state, clock } = setUp();
    await assert.rejects(authenticator.ofKey('sk_short'), refused);
    assert.equal(state.asked, 0);
    const flood = () =>
      Promise.all(Array.from({ length: 1_000 }, () => assert.rejects(authenticator.ofKey(newKeyText()), refused)));
    await flood();
    assert.equal(state.asked, 2, 'the fingerprint and the keys, once for all of them');
    clock.ms = 1_500;
    await flood();
    assert.equal(state.asked, 3, 'the fingerprint alone');
    const startMs = performance.now();
    for (let n = 0; n < 3; n += 1) await assert.rejects(authenticator.ofKey(newKeyText()), refused);
    assert.ok(performance.now() - startMs > 250, 'one after the other they wait a tenth of a second each');
  });

  test('that was revoked or has expired is refused like an unknown one', async () => {
    const { authenticator, rows, clock } = setUp();
    const [revoked, expiring] = [newKeyText(), newKeyText()];
    rows.set('r', keyOf(revoked, { id: 'r', revokedAtMs: 5 }));
    rows.set('e', keyOf(expiring, { id: 'e', expiresAtMs: 1_000 }));
    await assert.rejects(authenticator.ofKey(revoked), refused);
    assert.equal((await authenticator.ofKey(expiring)).expiresAtMs, 1_000);
    clock.ms = 1_000;
    await assert.rejects(authenticator.ofKey(expiring), refused);
  });

  test('that this process revokes is refused at once; one revoked elsewhere within three seconds', async () => {
    const { authenticator, directory, rows, clock } = setUp();
    const [here, elsewhere] = [newKeyText(), newKeyText()];
    const [mine, other] = [keyOf(here, { id: 'm' }), keyOf(elsewhere, { id: 'o' })];
    rows.set('m', mine).set('o', other);
    await authenticator.ofKey(here);
    await authenticator.ofKey(elsewhere);
    await directory.put({ ...mine, version: 2, revokedAtMs: 1 });
    await assert.rejects(authenticator.ofKey(here), refused);
    rows.set('o', { ...other, version: 2, revokedAtMs: 1 });
    clock.ms = 3_001;
    await assert.rejects(authenticator.ofKey(elsewhere), refused);
  });

  test('made elsewhere is known at once', async () => {
    const { authenticator, rows } = setUp();
    const text = newKeyText();
    await assert.rejects(authenticator.ofKey(text), refused);
    rows.set('n', keyOf(text));
    assert.equal((await authenticator.ofKey(text)).name, 'a key');
  });

  test('that is known goes on while ClickHouse is away; an unknown one is not called wrong', async () => {
    const { authenticator, rows, state, clock, adminText } = setUp();
    const text = newKeyText();
    rows.set('k', keyOf(text));
    state.away = true;
    await assert.rejects(authenticator.ofKey(text), { kind: 'unavailable', extensions: { part: 'clickhouse' } });
    assert.equal((await authenticator.ofKey(adminText)).keyId, adminKeyId, 'the administrator’s needs no table');
    state.away = false;
    clock.ms = 2_000;
    await authenticator.ofKey(text);
    state.away = true;
    clock.ms = 60_000;
    assert.equal((await authenticator.ofKey(text)).name, 'a key');
    await assert.rejects(authenticator.ofKey(newKeyText()), { kind: 'unavailable' });
    const asked = state.asked;
    for (let n = 0; n < 100; n += 1) await assert.rejects(authenticator.ofKey(newKeyText()), { kind: 'unavailable' });
    assert.equal(state.asked, asked, 'and ClickHouse is left alone for a second');
    clock.ms = 3_700_000;
    await assert.rejects(authenticator.ofKey(text), { kind: 'unavailable' }, 'but not for ever');
  });
});

describe('the administrator’s key', () => {
  test('is listed once, however often the gateway starts, and a new file takes the place of the old', async () => {
    const { directory, admin, rows, authenticator, adminText, clock } = setUp();
    await noteAdminKey({ directory, admin, nowMs: 5 });
    const [first] = rows.values();
    await noteAdminKey({ directory, admin, nowMs: 9 });
    assert.deepEqual([...rows.values()], [first]);
    const next = readAdminKey(newKeyText());
    await noteAdminKey({ directory, admin: next, nowMs: 9 });
    assert.equal(rows.size, 1);
    assert.ok([...rows.values()][0]!.version > first!.version);
    const restarted = createAuthenticator({
      sources: createSources({ directory, admin: next, now: () => clock.ms }),
    });
    await assert.rejects(restarted.ofKey(adminText), refused, 'the old file’s key is none any more');
    assert.equal((await authenticator.ofKey(adminText)).keyId, adminKeyId);
  });

  test('must be an API key', () => {
    assert.throws(() => readAdminKey('hunter2'), { code: 'config' });
  });
});
