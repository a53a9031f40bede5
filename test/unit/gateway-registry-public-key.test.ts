import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { readPublicKey } from '../../services/gateway/registry/public-key.js';
import { newKey } from '../support/judging.js';

describe('a producer’s public key', () => {
  test('is taken raw, as SPKI and as PEM, and is the same key', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url');
    const der = publicKey.export({ type: 'spki', format: 'der' });
    for (const text of [
      raw.toString('base64'),
      raw.toString('base64url'),
      ` ${raw.toString('base64')}\n`,
      der.toString('base64'),
      String(publicKey.export({ type: 'spki', format: 'pem' })),
    ]) {
      assert.deepEqual(readPublicKey(text), raw);
    }
    const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
    assert.throws(() => readPublicKey(pem), /Never send a private key/);
    assert.throws(() => readPublicKey(`\n-----BEGIN X-----\n${pem}`), { kind: 'invalid-public-key' });
  });

  test('of low order, not canonical, off the curve, of another kind or no key at all is refused', () => {
    const hex = (text: string): string => Buffer.from(text, 'hex').toString('base64');
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey;
    const x25519 = generateKeyPairSync('x25519').publicKey;
    const good = newKey().publicKey;
    for (const text of [
      hex('01'.padEnd(64, '0')),
      hex('00'.repeat(32)),
      hex(`ec${'ff'.repeat(30)}7f`),
      hex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'),
      hex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'),
      hex(`ed${'ff'.repeat(30)}7f`),
      hex(`ee${'ff'.repeat(30)}ff`),
      hex(`${'ff'.repeat(32)}`),
      hex(`02${'00'.repeat(31)}`),
      good.subarray(1).toString('base64'),
      good.toString('hex'),
      `${good.toString('base64')}=`,
      '',
      'not base64!',
      rsa.export({ type: 'spki', format: 'der' }).toString('base64'),
      String(x25519.export({ type: 'spki', format: 'pem' })),
      '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n',
    ]) {
      assert.throws(() => readPublicKey(text), { kind: 'invalid-public-key' }, text);
    }
  });
});
