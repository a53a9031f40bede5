import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { NotifyError } from '../../services/alerts/notify/errors.js';
import { hintOf, redact } from '../../services/alerts/notify/secrets/redact.js';
import { createVault } from '../../services/alerts/notify/secrets/vault.js';

describe('a sealed secret', () => {
  const secret = randomBytes(32);
  const vault = createVault({ secret, audience: 'audit.example.com' });
  const unreadable = (error: unknown) => error instanceof NotifyError && error.code === 'secret_unreadable';

  test('opens where it was sealed, and is another text every time', () => {
    const sealed = vault.seal('pässword', 'channel-1/password');
    assert.equal(vault.open(sealed, 'channel-1/password'), 'pässword');
    assert.notEqual(vault.seal('pässword', 'channel-1/password'), sealed);
    assert.match(sealed, /^v1\.[A-Za-z0-9_-]+$/);
  });
  test('opens at no other channel, with no other secret, and in no other deployment', () => {
    const sealed = vault.seal('x', 'channel-1/password');
    assert.throws(() => vault.open(sealed, 'channel-2/password'), unreadable);
    assert.throws(
      () => createVault({ secret: randomBytes(32), audience: 'audit.example.com' }).open(sealed, 'channel-1/password'),
      unreadable,
    );
    assert.throws(
      () => createVault({ secret, audience: 'other.example.com' }).open(sealed, 'channel-1/password'),
      unreadable,
    );
  });
  test('that was changed by a bit does not open', () => {
    const bytes = Buffer.from(vault.seal('secret', 'a').slice(3), 'base64url');
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = changed[at]! ^ 1;
      assert.throws(() => vault.open(`v1.${changed.toString('base64url')}`, 'a'), unreadable);
    }
    for (const sealed of ['', 'v1.', 'v2.AAAA', 'v1.AAAA']) assert.throws(() => vault.open(sealed, 'a'), unreadable);
  });
});

describe('what a receiver said', () => {
  const url = 'https://hooks.example.com/services/T000/B000/abcdefgh12345678?key=query-value-1';
  const secrets = [url, 's3cret "quoted" word', 'user:pass'];
  const said = [
    `no team at ${url}`,
    'POST /services/T000/B000/abcdefgh12345678?key=query-value-1 failed',
    'token abcdefgh12345678 is revoked, as is query-value-1',
    `s3cret "quoted" word and ${JSON.stringify('s3cret "quoted" word')} and ${encodeURIComponent('s3cret "quoted" word')}`,
    `Authorization: Basic ${Buffer.from('user:pass').toString('base64')}`,
  ];
  for (const text of said) {
    test(`is shown without secrets: ${text.slice(0, 30)}…`, () => {
      const clean = redact(text, secrets);
      assert.ok(clean.includes('•••'));
      for (const piece of ['abcdefgh12345678', 'query-value-1', 's3cret', 'dXNlcjpwYXNz'])
        assert.ok(!clean.includes(piece), clean);
    });
  }
  test('keeps the rest', () => assert.equal(redact('invalid_payload', secrets), 'invalid_payload'));
});

test('a hint shows at most four characters, and none of a short secret', () => {
  assert.equal(hintOf('0123456789abcdef'), '…cdef');
  assert.equal(hintOf('hunter2'), '');
  assert.equal(hintOf('https://hooks.slack.com/services/T0/B0/token1234'), 'https://hooks.slack.com/…1234');
  assert.equal(hintOf('https://a.io/x1'), 'https://a.io/…');
});
