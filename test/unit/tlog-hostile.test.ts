import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  cosignText,
  createProver,
  decodeBundle,
  decodeEntry,
  encodeBundle,
  encodeEntry,
  formatCheckpoint,
  formatNote,
  formatTlogProof,
  formatVkey,
  openCheckpoint,
  openTlogProof,
  parseCheckpoint,
  parseNote,
  parsePolicy,
  parseTilePath,
  parseTlogProof,
  parseVkey,
  pathOf,
  signText,
  TlogError,
  verifyConsistency,
  verifyInclusion,
  verifyRange,
} from '../../services/core/tlog/index.js';
import { createNodeTreeHasher, createNodeVerifier, sha256 } from '../../services/core/tlog/node.js';
import { makeNoteSigner } from '../support/note-keys.js';
import { createTlogFolder } from '../support/tlog-folder.js';

const runs = 1_000;
const hasher = createNodeTreeHasher();
const verify = createNodeVerifier();
const log = makeNoteSigner('log.example.com/1');
const witness = makeNoteSigner('witness.example.org', 0x04);
const entry = encodeEntry({
  incarnation: Buffer.alloc(16, 1),
  partition: 1,
  offset: 2,
  appendTimeMs: 3,
  valueHash: Buffer.alloc(32, 4),
  signed: { header: Buffer.alloc(20, 5), signature: Buffer.alloc(64, 6) },
});
const folder = createTlogFolder({ hasher });
folder.append(Array.from({ length: 300 }, (_, index) => entry.with(90, index & 0xff)));
const prover = createProver({ hasher, readTile: folder.readTile });
const root = await prover.root(300);
const text = formatCheckpoint({ origin: log.key.name, size: 300, root });
const note = formatNote({
  text,
  signatures: [await signText({ text, ...log }), await cosignText({ text, ...witness, timeSeconds: 1_790_000_000 })],
});
const proof = await prover.inclusion(7, 300);
const tlogProof = formatTlogProof({ index: 7, proof, checkpoint: note });
const leafHash = hasher.leaf(entry.with(90, 7));

/** Something valid with pieces of it cut out, doubled, exchanged or overwritten; or nothing like it. */
const mangled = (valid: Uint8Array): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 400 }) },
    {
      weight: 4,
      arbitrary: fc
        .tuple(fc.nat(valid.length), fc.nat(valid.length), fc.nat(valid.length), fc.uint8Array({ maxLength: 8 }))
        .map(([a, b, c, inserted]) => {
          const [from, to] = a < b ? [a, b] : [b, a];
          return Buffer.concat([valid.subarray(0, from), inserted, valid.subarray(Math.min(to, c))]);
        }),
    },
  );

/** Either it is read or it is refused with a code; nothing else may come out. */
function answers<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    assert.ok(error instanceof TlogError, String(error));
    return undefined;
  }
}

describe('whatever the bytes, a reader answers with a value or with a code', () => {
  const readers: [string, Uint8Array, (bytes: Uint8Array) => unknown][] = [
    ['entries', entry, decodeEntry],
    ['bundles', encodeBundle([entry, entry]), (bytes) => decodeBundle(bytes, 2)],
    ['notes', Buffer.from(note), parseNote],
    ['checkpoints', Buffer.from(text), (bytes) => parseCheckpoint(Buffer.from(bytes).toString())],
    ['keys', Buffer.from(formatVkey(log.key)), (bytes) => parseVkey({ sha256, vkey: Buffer.from(bytes).toString() })],
    ['proofs', Buffer.from(tlogProof), (bytes) => parseTlogProof(Buffer.from(bytes).toString())],
    [
      'policies',
      Buffer.from(`witness W ${formatVkey(witness.key)}\ngroup G any W\nquorum G\n`),
      (policy) => parsePolicy({ sha256, policy }),
    ],
    [
      'paths',
      Buffer.from('tile/0/x001/x234/067.p/8'),
      (bytes) => {
        const path = Buffer.from(bytes).toString();
        const name = parseTilePath(path);
        if (name) assert.equal(pathOf(name), path);
      },
    ],
  ];
  for (const [what, valid, read] of readers) {
    test(what, () => {
      answers(() => read(valid));
      fc.assert(
        fc.property(mangled(valid), (bytes) => {
          answers(() => read(bytes));
        }),
        { numRuns: runs },
      );
    });
  }
});

describe('nothing that was altered is verified', () => {
  test('an entry is read only from the bytes that encode it', () => {
    fc.assert(
      fc.property(mangled(entry), (bytes) => {
        const decoded = answers(() => decodeEntry(bytes));
        if (decoded) assert.deepEqual(Buffer.from(encodeEntry(decoded)), Buffer.from(bytes));
      }),
      { numRuns: runs },
    );
  });

  test('a checkpoint opens only with the text that was signed', async () => {
    const keys = { origin: log.key.name, logKeys: [log.key], witnessKeys: [witness.key], verify };
    await fc.assert(
      fc.asyncProperty(mangled(Buffer.from(note)), async (bytes) => {
        const opened = await openCheckpoint({ note: bytes, ...keys }).catch((error) =>
          assert.ok(error instanceof TlogError),
        );
        if (opened) assert.equal(opened.text, text);
      }),
      { numRuns: runs },
    );
  });

  test('a proof in one text opens only for its own index, size and root', async () => {
    await fc.assert(
      fc.asyncProperty(mangled(Buffer.from(tlogProof)), async (bytes) => {
        const given = answers(() => parseTlogProof(Buffer.from(bytes).toString()));
        if (!given) return;
        const keys = { logKeys: [log.key], verify };
        const opened = await openTlogProof({ hasher, proof: given, leafHash, ...keys }).catch((error) =>
          assert.ok(error instanceof TlogError),
        );
        if (opened) assert.deepEqual([given.index, opened.text], [7, text]);
      }),
      { numRuns: runs },
    );
  });

  test('random sizes, indexes and hashes are no proof of anything', () => {
    const number = fc.oneof(fc.nat(400), fc.maxSafeNat(), fc.double(), fc.integer());
    const hash = fc.oneof(
      { weight: 9, arbitrary: fc.uint8Array({ minLength: 32, maxLength: 32 }) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 64 }) },
    );
    const hashes = fc.array(hash, { maxLength: 12 });
    fc.assert(
      fc.property(number, number, number, hashes, fc.uint8Array({ maxLength: 128 }), (a, b, size, given, bytes) => {
        const refused = (check: () => void): void =>
          assert.throws(check, (error: unknown) => error instanceof TlogError);
        refused(() => verifyInclusion({ hasher, leafHash: root, index: a, size, proof: given, root: leafHash }));
        refused(() => verifyConsistency({ hasher, oldSize: a, oldRoot: root, size, root: leafHash, proof: given }));
        refused(() => verifyRange({ hasher, start: a, end: b, leafHashes: bytes, size, proof: given, root }));
      }),
      { numRuns: runs },
    );
  });
});
