import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { completeEntry, createRegistry, signEntry } from '../../services/core/registry/index.js';
import { ed25519PublicKey, publicKeyFault } from '../../services/core/seal/index.js';
import { audience, newKey, testRegistry } from '../support/judging.js';

describe('the registry', () => {
  test('answers as of any entry, however many came after', () => {
    const { registry, register, append } = testRegistry();
    const key = newKey();
    const first = register(key, 'shop', { organizations: ['acme'] });
    const second = register(key, 'shop', { organizations: ['acme', 'rival'] });
    const third = append({ kind: 'key_revoked', key_id: key.keyId });
    const asOf = (offset: number) => registry.keyAsOf(key.keyId.toString('hex'), offset);
    assert.equal(asOf(first - 1), undefined);
    assert.deepEqual([...asOf(first)!.organizations], ['acme']);
    assert.deepEqual([...asOf(second)!.organizations], ['acme', 'rival']);
    assert.equal(asOf(second)!.revoked, false);
    assert.equal(asOf(third)!.revoked, true);
  });

  test('a revoked key cannot come back', () => {
    const { registry, register, append } = testRegistry();
    const key = newKey();
    register(key, 'shop');
    append({ kind: 'key_revoked', key_id: key.keyId });
    const again = register(key, 'shop');
    assert.equal(registry.keyAsOf(key.keyId.toString('hex'), again)!.revoked, true);
  });

  test('skips what the root key did not sign, what is out of order, and what is for another deployment', () => {
    const { registry, rootKey, append } = testRegistry();
    append({ kind: 'organization', organization_id: 'acme', name: 'Acme' });
    const entry = (change: object) =>
      completeEntry(
        { kind: 'organization', organization_id: 'evil', name: 'Evil' },
        { audience, created_at: 1, ...registry.next, ...change },
      );
    const skipped = (value: Buffer) => 'skipped' in registry.fold(9, value);
    assert.ok(skipped(signEntry(entry({}), newKey()).value), 'another key');
    assert.ok(skipped(signEntry(entry({ seq: 0 }), rootKey).value), 'a place taken');
    assert.ok(skipped(signEntry(entry({ prev: Buffer.alloc(32) }), rootKey).value), 'another chain');
    assert.ok(skipped(signEntry(entry({ audience: 'other' }), rootKey).value), 'another deployment');
    assert.ok(skipped(Buffer.concat([signEntry(entry({}), rootKey).value, Buffer.from([0])])), 'trailing bytes');
    assert.ok(skipped(Buffer.alloc(0)), 'a tombstone');
    assert.deepEqual(registry.organizations(), [{ id: 'acme', name: 'Acme' }]);
    assert.ok(!skipped(signEntry(entry({}), rootKey).value), 'the right one');
  });

  test('skips a key that may not be registered', () => {
    const { registry, rootKey } = testRegistry();
    const key = newKey();
    const place = { audience, created_at: 1, ...registry.next };
    const grant = { kind: 'key', key_id: key.keyId, algorithm: 1, producer_id: 'shop' } as const;
    const lowOrder = completeEntry({ ...grant, public_key: Buffer.alloc(32) }, place);
    const misnamed = completeEntry({ ...grant, public_key: newKey().publicKey }, place);
    for (const entry of [lowOrder, misnamed]) assert.ok('skipped' in registry.fold(0, signEntry(entry, rootKey).value));
    assert.equal(registry.next.seq, 0, 'what was skipped takes no place');
    assert.equal(createRegistry({ audience, rootPublicKey: ed25519PublicKey(rootKey.publicKey) }).newest, -1);
  });
});

describe('public keys', () => {
  const le = (hex: string): Buffer => Buffer.from(hex, 'hex');
  const refused: [string, Buffer, RegExp][] = [
    ['the identity', le('0100000000000000000000000000000000000000000000000000000000000000'), /low order/],
    [
      'the identity with its sign bit',
      le('0100000000000000000000000000000000000000000000000000000000000080'),
      /low order/,
    ],
    ['order 4', le('0000000000000000000000000000000000000000000000000000000000000000'), /low order/],
    ['order 2', le('ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'), /low order/],
    ['order 8', le('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'), /low order/],
    ['order 8, the other', le('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'), /low order/],
    ['y = p', le('edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'), /canonical/],
    ['y = p + 1', le('eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'), /canonical/],
    ['y = 2, no point', le('0200000000000000000000000000000000000000000000000000000000000000'), /no point/],
    ['31 bytes', Buffer.alloc(31, 7), /31 bytes/],
  ];
  for (const [what, raw, fault] of refused)
    test(`refused: ${what}`, () => assert.match(publicKeyFault(raw) ?? '', fault));
  test('keys that were generated are accepted', () => {
    for (let n = 0; n < 20; n += 1) assert.equal(publicKeyFault(newKey().publicKey), undefined);
  });
});
