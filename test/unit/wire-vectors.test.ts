import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import {
  ed25519Sign,
  ed25519Verify,
  publicKeyOf,
  signOnlyCofactored,
  verifyCofactored,
} from '../conformance/edwards.js';
import { crc64Avro } from '../conformance/fingerprint.js';
import { FIXTURE, readFixture, revive } from '../conformance/fixture.js';
import { fromNotation, toNotation } from '../conformance/hex-notation.js';
import { makeVectors } from '../conformance/make-vectors.js';
import { merkleTreeHash, sha256 } from '../conformance/merkle.js';
import { referenceAdapter } from '../conformance/reference-adapter.js';
import { referenceJudgeRecord } from '../conformance/reference-judge.js';
import { runVectors } from '../conformance/run-vectors.js';
import { ERASED_BATCH_PREFIX, SIGNED_BATCH_PREFIX, SIGNED_ENTRY_PREFIX } from '../conformance/schemas.js';
import { strictUtf8 } from '../conformance/utf8.js';
import { encodeLong, readLong } from '../conformance/varint.js';
import type { JudgeContext } from '../conformance/wire-types.js';
import { coreAdapter } from '../support/core-adapter.js';

const hex = (text: string) => Buffer.from(text, 'hex');

describe('the reference implementation rests on published values', () => {
  test('CRC-64-AVRO of primitive schemas is that of the Avro project', () => {
    assert.equal(crc64Avro('"null"'), 7195948357588979594n);
    assert.equal(crc64Avro('"int"'), 0x7275d51a3f395c8fn);
    assert.equal(crc64Avro('"string"'), 0x8f014872634503c7n);
  });

  test('the ten bytes before a record are those of schemas/README.md section 4', () => {
    assert.equal(SIGNED_BATCH_PREFIX.toString('hex'), 'c301a3038df58ec46b70');
    assert.equal(ERASED_BATCH_PREFIX.toString('hex'), 'c3012e10128208ad7d3c');
    assert.equal(SIGNED_ENTRY_PREFIX.toString('hex'), 'c3017177490048bbc10e');
  });

  test('roots are those of the Certificate Transparency reference tree of 0 to 8 leaves', () => {
    const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
    const leaves = inputs.map((input) => sha256(Buffer.from([0]), hex(input)));
    const roots = [
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
      'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
      '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
      'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
      '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
    ];
    const computed = roots.map((_, size) => merkleTreeHash(leaves.slice(0, size)).toString('hex'));
    assert.deepEqual(computed, roots);
  });

  test('a leaf and a node hash as in other RFC 6962 implementations', () => {
    const leaf = sha256(Buffer.from([0]), Buffer.from('L123456'));
    assert.equal(leaf.toString('hex'), '395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56');
    const node = merkleTreeHash([Buffer.from('N123'), Buffer.from('N456')]);
    assert.equal(node.toString('hex'), 'aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb');
  });

  const RFC_8032 = [
    {
      name: 'TEST 1',
      seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
      publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      message: Buffer.alloc(0),
      signature:
        'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    },
    {
      name: 'TEST 2',
      seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
      publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      message: hex('72'),
      signature:
        '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    },
    {
      name: 'TEST 3',
      seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
      publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
      message: hex('af82'),
      signature:
        '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
    },
    {
      name: 'TEST SHA(abc)',
      seed: '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42',
      publicKey: 'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
      message: createHash('sha512').update('abc').digest(),
      signature:
        'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704',
    },
  ];
  for (const { name, seed, publicKey, message, signature } of RFC_8032) {
    test(`Ed25519 signs and verifies RFC 8032 ${name}`, () => {
      assert.equal(publicKeyOf(hex(seed)).toString('hex'), publicKey);
      assert.equal(ed25519Sign(hex(seed), message).toString('hex'), signature);
      assert.equal(ed25519Verify(hex(publicKey), message, hex(signature)), true);
      assert.equal(ed25519Verify(hex(publicKey), Buffer.concat([message, hex('00')]), hex(signature)), false);
    });
  }

  test('the two equations of RFC 8032 part on a signature made for it', () => {
    const seed = hex(RFC_8032[0]?.seed ?? '');
    const message = Buffer.from('message');
    const signature = signOnlyCofactored(seed, message);
    assert.equal(verifyCofactored(publicKeyOf(seed), message, signature), true);
    assert.equal(ed25519Verify(publicKeyOf(seed), message, signature), false);
    assert.equal(verifyCofactored(publicKeyOf(seed), message, ed25519Sign(seed, message)), true);
  });

  test('longs are those of the Avro specification, over all 64 bits', () => {
    const encoded = { 0: '00', '-1': '01', 1: '02', '-2': '03', 2: '04', '-64': '7f', 64: '8001' };
    for (const [number, bytes] of Object.entries(encoded)) {
      assert.equal(encodeLong(BigInt(number)).toString('hex'), bytes);
    }
    for (let bit = 0n; bit < 63n; bit++) {
      for (const value of [2n ** bit, -(2n ** bit), 2n ** (bit + 1n) - 1n, -(2n ** (bit + 1n))]) {
        assert.equal(readLong(encodeLong(value), 0, 'value').value, value);
      }
    }
  });

  test('UTF-8 is well formed for every scalar value and no other', () => {
    const fatal = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    for (let scalar = 0; scalar <= 0x10ffff; scalar += scalar < 0x11000 ? 1 : 251) {
      if (scalar >= 0xd800 && scalar <= 0xdfff) continue;
      const text = String.fromCodePoint(scalar);
      assert.equal(strictUtf8(Buffer.from(text)), text);
    }
    for (let lead = 0x80; lead <= 0xff; lead++) {
      for (const tail of ['', '80', 'bf', '8080', '9fbf', 'a080', 'bfbf', '808080', '8fbfbf', '908080', 'bfbfbf']) {
        const bytes = Buffer.concat([Buffer.from([lead]), hex(tail)]);
        assert.equal(strictUtf8(bytes), decoded(fatal, bytes), bytes.toString('hex'));
      }
    }
  });
});

function decoded(decoder: InstanceType<typeof TextDecoder>, bytes: Buffer): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

describe('the vectors', () => {
  test('come out of the generator byte for byte as they are kept', () => {
    const kept = readFileSync(FIXTURE, 'utf8');
    const made = makeVectors();
    assert.ok(made === kept, 'the generator makes another fixture: the format is frozen, so find out what changed');
  });

  test('have names of their own in each group', () => {
    for (const [group, vectors] of Object.entries(readFixture().judged)) {
      const names = vectors.map((vector) => vector.name);
      const twice = names.filter((name, index) => names.indexOf(name) !== index);
      assert.deepEqual(twice, [], group);
    }
  });

  test('are each wrong in the way that they say', () => {
    const { judged, contexts } = readFixture();
    const differing = Object.values(judged).flatMap((vectors) =>
      vectors.flatMap(({ name, fault, value, context }) => {
        if (fault === undefined) return [];
        const { faults } = referenceJudgeRecord(fromNotation(value), revive<JudgeContext>(contexts[context]));
        return faults.length === 1 && faults[0] === fault ? [] : [`${name}: says ${fault}, is ${faults}`];
      }),
    );
    assert.deepEqual(differing, []);
  });

  test('at a limit are exactly at it', () => {
    const { batches, judged } = readFixture();
    const lengthOf = (name: string, part: 'body' | 'identity' | 'content') =>
      fromNotation(batches.find((batch) => batch.name === name)?.events[0]?.[part] ?? '').length;
    assert.equal(lengthOf('a body of 16,384 bytes', 'body'), 16_384);
    assert.equal(lengthOf('an identity of 16,384 bytes', 'identity'), 16_384);
    assert.equal(lengthOf('a content of 262,144 bytes', 'content'), 262_144);
    const wide = batches.find((batch) => batch.name === 'a header of 1,024 bytes');
    assert.equal(fromNotation(wide?.header ?? '').length, 1_024);
    const largest = judged.frame?.find((vector) => vector.name === 'a record of 1,000,000 bytes');
    assert.equal(fromNotation(largest?.value ?? '').length, 1_000_000);
  });

  test('are read back from their notation as they were written', () => {
    for (const bytes of ['', '00', '00'.repeat(64), `01${'00'.repeat(63)}02`, `c3${'61'.repeat(300)}00`]) {
      assert.equal(fromNotation(toNotation(hex(bytes))).toString('hex'), bytes);
    }
  });
});

// Every implementation in the project is run over the same vectors: add its adapter here.
runVectors({ name: 'the reference', adapter: referenceAdapter });
runVectors({ name: 'services/core', adapter: coreAdapter });
