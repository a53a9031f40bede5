import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { describe, test } from 'node:test';
import { ed25519PublicKey, publicKeyFault, signHeader, verifyHeader } from '../../services/core/seal/index.js';
import { createNodeVerifier } from '../../services/core/tlog/node.js';
import { createWebVerifier } from '../../services/core/tlog/web.js';
import { L } from '../conformance/edwards.js';
import { newKey } from '../support/judging.js';
import { findWycheproof, readEddsaVectors } from '../support/wycheproof.js';

/** Every way in which we verify Ed25519: batches; the log's notes; notes in a page. They must agree on every input. */
const ways = {
  batch: (key: Uint8Array, message: Uint8Array, signature: Uint8Array) =>
    verify(null, message, ed25519PublicKey(key), signature),
  note: createNodeVerifier(),
  page: createWebVerifier({ subtle: globalThis.crypto.subtle }),
};

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const pkcs8 = (seed: Buffer): Buffer => Buffer.concat([hex('302e020100300506032b657004220420'), seed]);

/** RFC 8032 §7.1: TEST 1, TEST 2, TEST 3 and TEST SHA(abc). */
const rfc8032 = [
  {
    secret: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    key: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    secret: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    key: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    secret: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    key: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    message: 'af82',
    signature:
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
  {
    secret: '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42',
    key: 'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
    message:
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    signature:
      'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704',
  },
];

test('the examples of RFC 8032 are signed and verified as they stand there', async () => {
  for (const { secret, key, message, signature } of rfc8032) {
    const privateKey = createPrivateKey({ key: pkcs8(hex(secret)), format: 'der', type: 'pkcs8' });
    const raw = createPublicKey(privateKey).export({ format: 'jwk' }).x!;
    assert.equal(Buffer.from(raw, 'base64url').toString('hex'), key);
    assert.equal(sign(null, hex(message), privateKey).toString('hex'), signature);
    assert.equal(publicKeyFault(hex(key)), undefined);
    for (const [name, way] of Object.entries(ways)) {
      assert.equal(await way(hex(key), hex(message), hex(signature)), true, name);
      assert.equal(await way(hex(key), Buffer.concat([hex(message), hex('00')]), hex(signature)), false, name);
    }
  }
});

const found = await findWycheproof();

test('Wycheproof: what is valid verifies, what is not is refused, alike in all ways', {
  skip: 'missing' in found && found.missing,
}, async (t) => {
  assert.ok(!('missing' in found));
  const { algorithm, numberOfTests, testGroups } = readEddsaVectors(found.folder);
  assert.equal(algorithm, 'EDDSA');
  const passed = { valid: 0, invalid: 0 };
  for (const { publicKey, tests } of testGroups) {
    const key = hex(publicKey.pk);
    assert.equal(publicKeyFault(key), undefined, publicKey.pk);
    for (const { tcId, comment, msg, sig, result } of tests) {
      for (const [name, way] of Object.entries(ways)) {
        assert.equal(await way(key, hex(msg), hex(sig)), result === 'valid', `${name}: case ${tcId} ${comment}`);
      }
      passed[result] += 1;
    }
  }
  assert.equal(passed.valid + passed.invalid, numberOfTests);
  assert.ok(numberOfTests >= 150);
  t.diagnostic(
    `github.com/c2sp/wycheproof ${found.version}, testvectors_v1/ed25519_test.json: ` +
      `${passed.valid} valid and ${passed.invalid} invalid cases passed in ${Object.keys(ways).length} ways`,
  );
});

describe('A signature over a header', () => {
  const key = newKey();
  const { publicKey } = key;
  const header = Buffer.from('a header');
  const good = signHeader(key, header);

  test('stands for one key and one header, and has one form', () => {
    const object = ed25519PublicKey(publicKey);
    assert.equal(verifyHeader(object, header, good), true);
    assert.equal(verifyHeader(ed25519PublicKey(newKey().publicKey), header, good), false);
    assert.equal(verifyHeader(object, Buffer.from('another header'), good), false);
    assert.equal(verifyHeader(object, header, Buffer.alloc(64)), false);
    assert.equal(verifyHeader(object, header, good.subarray(0, 63)), false);
    assert.equal(verifyHeader(object, header, Buffer.concat([good, Buffer.of(0)])), false);
    assert.equal(verifyHeader(object, header, Buffer.alloc(0)), false);
    for (let bit = 0; bit < 512; bit++) {
      const changed = Buffer.from(good);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      assert.equal(verifyHeader(object, header, changed), false, `bit ${bit}`);
    }
  });

  test('is refused when the order of the group is added to S: nobody can make a second signature out of one', async () => {
    const s = BigInt(`0x${Buffer.from(good.subarray(32)).reverse().toString('hex')}`);
    for (let times = 1n; s + times * L < 1n << 256n; times += 1n) {
      const raised = Buffer.from((s + times * L).toString(16).padStart(64, '0'), 'hex').reverse();
      const malleated = Buffer.concat([good.subarray(0, 32), raised]);
      assert.equal(verifyHeader(ed25519PublicKey(publicKey), header, malleated), false, `S + ${times} L`);
      const signed = Buffer.concat([Buffer.from('sealstream/batch/v1\0'), header]);
      assert.equal(await ways.note(publicKey, signed, good), true);
      assert.equal(await ways.note(publicKey, signed, malleated), false);
      assert.equal(await ways.page(publicKey, signed, malleated), false);
    }
  });
});

/** A key for which a signature is good for every message must not get in: this is what would happen. */
test('a key of low order, for which anyone can sign, is refused as a key although its signatures verify', () => {
  const identity = Buffer.from('01'.padEnd(64, '0'), 'hex');
  const forged = Buffer.concat([identity, Buffer.alloc(32)]);
  for (const message of ['one', 'another']) {
    assert.equal(verify(null, Buffer.from(message), ed25519PublicKey(identity), forged), true);
  }
  assert.equal(publicKeyFault(identity), 'the public key is a point of low order');
});
