import assert from 'node:assert/strict';
import { createHash, webcrypto } from 'node:crypto';
import { describe, test } from 'node:test';
import {
  createFrontier,
  createNoteKey,
  createTreeHasher,
  formatVkey,
  openNote,
  parseCheckpoint,
  parseNote,
  parseSignatureLines,
  parseVkey,
  type TreeHasher,
  verifyConsistency,
  verifyInclusion,
  verifyRange,
} from '../../services/core/tlog/index.js';
import { createNodeTreeHasher, createNodeVerifier, sha256 } from '../../services/core/tlog/node.js';
import { createWebVerifier, type WebSubtle } from '../../services/core/tlog/web.js';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const hashers: [string, TreeHasher][] = [
  ['the hasher for Node', createNodeTreeHasher()],
  ['the portable hasher', createTreeHasher({ sha256: (bytes) => createHash('sha256').update(bytes).digest() })],
];
const verifiers = [
  ['OpenSSL', createNodeVerifier()],
  ['WebCrypto', createWebVerifier({ subtle: webcrypto.subtle as unknown as WebSubtle })],
] as const;

/** The reference tree of Certificate Transparency (google/certificate-transparency, merkletree tests; transparency-dev/merkle, testonly). */
const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
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
].map(hex);
const node = {
  leaf1: hex('96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7'),
  leaf2: hex('0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7'),
  leaf4: hex('bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b'),
  from0to2: hex('fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'),
  from2to4: hex('5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e'),
  from4to6: hex('0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a'),
  from6to8: hex('ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0'),
  from0to4: hex('d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7'),
  from4to8: hex('6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4'),
};

for (const [name, hasher] of hashers) {
  describe(`the reference tree of Certificate Transparency, with ${name}`, () => {
    const leaves = inputs.map((input) => hasher.leaf(hex(input)));

    test('hashes of leaves and nodes (transparency-dev/merkle, rfc6962 tests)', () => {
      assert.equal(
        hexOf(hasher.leaf(Buffer.from('L123456'))),
        '395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56',
      );
      assert.equal(hexOf(hasher.leaf(new Uint8Array(0))), hexOf(roots[1]!));
    });

    test('roots of sizes 0 to 8', () => {
      const frontier = createFrontier({ hasher });
      assert.equal(hexOf(frontier.root()), hexOf(roots[0]!));
      leaves.forEach((leaf, index) => {
        frontier.append(leaf);
        assert.equal(hexOf(frontier.root()), hexOf(roots[index + 1]!));
        assert.equal(hexOf(hasher.root(Buffer.concat(leaves.slice(0, index + 1)))), hexOf(roots[index + 1]!));
      });
    });

    test('inclusion proofs (transparency-dev/merkle, proof tests)', () => {
      for (const [index, size, proof] of [
        [0, 1, []],
        [0, 8, [node.leaf1, node.from2to4, node.from4to8]],
        [5, 8, [node.leaf4, node.from6to8, node.from0to4]],
        [2, 3, [node.from0to2]],
        [1, 5, [leaves[0]!, node.from2to4, node.leaf4]],
      ] as const) {
        verifyInclusion({ hasher, leafHash: leaves[index]!, index, size, proof: [...proof], root: roots[size]! });
      }
    });

    test('consistency proofs (transparency-dev/merkle, proof tests)', () => {
      for (const [oldSize, size, proof] of [
        [1, 1, []],
        [1, 8, [node.leaf1, node.from2to4, node.from4to8]],
        [2, 5, [node.from2to4, node.leaf4]],
        [6, 8, [node.from4to6, node.from6to8, node.from0to4]],
      ] as const) {
        const [oldRoot, root] = [roots[oldSize]!, roots[size]!];
        verifyConsistency({ hasher, oldSize, oldRoot, size, root, proof: [...proof] });
      }
    });

    test('a range proof, made by hand from the nodes of the reference tree', () => {
      const proof = [node.from0to2, node.leaf2, node.from6to8];
      const leafHashes = Buffer.concat(leaves.slice(3, 6));
      verifyRange({ hasher, start: 3, end: 6, leafHashes, size: 8, proof, root: roots[8]! });
    });

    test('a consistency proof of a log that others run (FiloSottile/torchwood, tests of litewitness)', () => {
      const hash = (first: string): Uint8Array => hex(first.padEnd(64, '0'));
      verifyConsistency({
        hasher,
        oldSize: 1,
        oldRoot: hash('2a'),
        size: 3,
        root: new Uint8Array(Buffer.from('RcCI1Nk56ZcSmIEfIn0SleqtV7uvrlXNccFx595Iwl0=', 'base64')),
        proof: [hash('2a01'), hash('2a02')],
      });
    });
  });
}

/** Notes that others have signed: the verification key, the note, and where both are from. */
const notes = {
  'the example of C2SP signed-note': [
    'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
    'This is an example message.\n\n' +
      '— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n',
  ],
  'the example of golang.org/x/mod/sumdb/note': [
    'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n" +
      '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n' +
      '— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n',
  ],
  'a tree head of the Go checksum database': [
    'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8',
    'go.sum database tree\n35225469\nvt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ=\n\n' +
      '— sum.golang.org Az3grpukl5AXaVfYkLiDGORx/DN2nlcS5kZHR5uYOBV2KA2HgXpD+gu9HHONebHLAyaKbbTM75QTtPydhKCExixSfwQ=\n',
  ],
} as const;

for (const [name, verify] of verifiers) {
  describe(`notes that others have signed, with ${name}`, () => {
    for (const [from, [vkey, note]] of Object.entries(notes)) {
      test(from, async () => {
        const key = parseVkey({ sha256, vkey });
        assert.equal(formatVkey(key), vkey);
        const opened = await openNote({ note, keys: [key], verify });
        assert.deepEqual(
          opened.verified.map((one) => one.key),
          [key],
        );
        assert.equal(opened.text, note.slice(0, note.indexOf('\n\n') + 1));
      });
    }

    test('a checkpoint of a Sigsum log (FiloSottile/torchwood, tests of litewitness)', async () => {
      const name = 'sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562';
      const publicKey = hex('ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f');
      const note =
        `${name}\n3\nRcCI1Nk56ZcSmIEfIn0SleqtV7uvrlXNccFx595Iwl0=\n\n` +
        `— ${name} UgIom2VbtIcdFbwFAy1n7s6IkAxIY6J/GQOTuZF2ORV39d75cbAj2aQYwyJre36kezNobZs4SUUdrcawfAB8WVrx6go=\n`;
      const opened = await openNote({ note, keys: [createNoteKey({ sha256, name, publicKey })], verify });
      assert.equal(parseCheckpoint(opened.text).size, 3);
    });
  });
}

describe('examples of C2SP that come without a key', () => {
  test('the note with an empty line in its text is split at its last one', () => {
    const text = 'Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n';
    const line =
      '— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n';
    const note = parseNote(Buffer.from(`${text}\n${line}`));
    assert.equal(note.text, text);
    assert.deepEqual(
      note.signatures.map(({ name, signature }) => [name, signature.length]),
      [['quasimodo.example/salvatore', 64]],
    );
  });

  test('the cosignature of tlog-cosignature is of 1679315147', () => {
    const [cosignature] = parseSignatureLines(
      '— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n',
    );
    assert.equal(cosignature!.keyId, 0x8d66cf3f);
    assert.equal(Buffer.from(cosignature!.signature).readBigUInt64BE(), 1_679_315_147n);
  });

  test('the checkpoint of tlog-checkpoint', () => {
    const text = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
    const { origin, size, extensions } = parseCheckpoint(text);
    assert.deepEqual([origin, size, extensions], ['example.com/behind-the-sofa', 20_852_163, []]);
  });

  test('the verification key of a witness (transparency-dev/formats): its id is over type 4', () => {
    const vkey = 'remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2';
    assert.equal(parseVkey({ sha256, vkey }).type, 4);
  });
});
