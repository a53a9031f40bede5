import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import {
  createFrontier,
  createProver,
  createTreeHasher,
  type TlogCode,
  TlogError,
  verifyConsistency,
  verifyInclusion,
  verifyRange,
} from '../../services/core/tlog/index.js';
import { createNodeTreeHasher } from '../../services/core/tlog/node.js';
import { naiveConsistency, naiveLeaf, naivePath, naiveRoot } from '../support/naive-tree.js';
import { createTlogFolder } from '../support/tlog-folder.js';

const largest = 300;
const hasher = createNodeTreeHasher();
const entries = Array.from({ length: largest }, (_, index) => Buffer.from(`entry ${index}`));
const leaves = entries.map(naiveLeaf);
const roots = Array.from({ length: largest + 1 }, (_, size) => naiveRoot(leaves.slice(0, size)));

/** One folder holds every size: each was published once. */
const folder = createTlogFolder({ hasher });
for (const entry of entries) folder.append([entry]);
const prover = createProver({ hasher, readTile: folder.readTile });

const refusedWith =
  (...codes: TlogCode[]) =>
  (error: unknown): boolean =>
    error instanceof TlogError && codes.includes(error.code);
const flipped = (bytes: Uint8Array, bit = 5): Uint8Array => {
  const changed = Uint8Array.from(bytes);
  changed[bit >> 3]! ^= 1 << (bit & 7);
  return changed;
};
const joined = (from: number, to: number): Uint8Array => Buffer.concat(leaves.slice(from, to));

describe('trees of every size up to 300 agree with RFC 6962 word for word', () => {
  test('roots: from tiles, from the frontier as it grows, and by either hasher', async () => {
    const portable = createTreeHasher({ sha256: (bytes) => createHash('sha256').update(bytes).digest() });
    const frontier = createFrontier({ hasher: portable });
    for (let size = 0; size <= largest; size += 1) {
      assert.deepEqual(Buffer.from(await prover.root(size)), roots[size]);
      assert.deepEqual(Buffer.from(frontier.root()), roots[size]);
      assert.deepEqual(Buffer.from(portable.root(joined(0, size))), roots[size]);
      assert.deepEqual(Buffer.from(hasher.root(joined(0, size))), roots[size]);
      const resumed = createFrontier({ hasher, from: await prover.frontier(size) });
      assert.deepEqual(Buffer.from(resumed.root()), roots[size]);
      if (size < largest) {
        frontier.append(leaves[size]!);
        resumed.append(leaves[size]!);
        assert.deepEqual(Buffer.from(resumed.root()), roots[size + 1]);
      }
    }
  });

  test('inclusion proofs: made as PATH says, and verified', async () => {
    for (let size = 1; size <= largest; size += size < 70 ? 1 : 23) {
      for (let index = 0; index < size; index += size < 70 ? 1 : 7) {
        const proof = await prover.inclusion(index, size);
        assert.deepEqual(proof.map(Buffer.from), naivePath(index, leaves.slice(0, size)));
        verifyInclusion({ hasher, leafHash: leaves[index]!, index, size, proof, root: roots[size]! });
      }
    }
  });

  test('consistency proofs: made as PROOF says, and verified', async () => {
    for (let size = 1; size <= largest; size += size < 70 ? 1 : 23) {
      for (let oldSize = 1; oldSize <= size; oldSize += size < 70 ? 1 : 5) {
        const proof = await prover.consistency(oldSize, size);
        assert.deepEqual(proof.map(Buffer.from), naiveConsistency(oldSize, leaves.slice(0, size)));
        verifyConsistency({ hasher, oldSize, oldRoot: roots[oldSize]!, size, root: roots[size]!, proof });
      }
    }
  });

  test('range proofs: every range of small trees, many of large ones', async () => {
    for (let size = 1; size <= largest; size += size < 30 ? 1 : 45) {
      const step = size < 30 ? 1 : 17;
      for (let start = 0; start < size; start += step) {
        for (let end = start + 1; end <= size; end += step) {
          const leafHashes = await prover.leafHashes(start, end, size);
          assert.deepEqual(Buffer.from(leafHashes), joined(start, end));
          const proof = await prover.range(start, end, size);
          verifyRange({ hasher, start, end, leafHashes, size, proof, root: roots[size]! });
        }
      }
    }
  });

  test('a range proof over one entry holds the hashes of its inclusion proof, over all entries none', async () => {
    const sorted = (hashes: Uint8Array[]): string[] => hashes.map((hash) => Buffer.from(hash).toString('hex')).sort();
    for (const index of [0, 1, 127, 255, 256, 299]) {
      assert.deepEqual(sorted(await prover.range(index, index + 1, 300)), sorted(await prover.inclusion(index, 300)));
    }
    assert.deepEqual(await prover.range(0, 300, 300), []);
  });
});

describe('whatever is altered is refused', () => {
  test('an inclusion proof: other leaf, index, size, root, any hash flipped, dropped, doubled or exchanged', async () => {
    for (const [index, size] of [
      [0, 1],
      [0, 2],
      [4, 5],
      [6, 7],
      [128, 257],
      [256, 257],
      [299, 300],
      [17, 300],
    ] as const) {
      const right = { hasher, leafHash: leaves[index]!, index, size, proof: await prover.inclusion(index, size) };
      const root = roots[size]!;
      const bad = (change: Partial<Parameters<typeof verifyInclusion>[0]>): void =>
        assert.throws(
          () => verifyInclusion({ ...right, root, ...change }),
          refusedWith('root_mismatch', 'bad_proof', 'bad_range'),
        );
      bad({ leafHash: leaves[index + 1] ?? leaves[0]! });
      bad({ root: flipped(root) });
      for (let other = 0; other <= size; other += 1) if (other !== index) bad({ index: other });
      for (const { proof } of alterations(right.proof)) bad({ proof });
    }
  });

  test('a consistency proof: either root, any hash flipped, dropped, doubled or exchanged', async () => {
    for (const [oldSize, size] of [
      [1, 2],
      [3, 7],
      [4, 7],
      [6, 8],
      [8, 8],
      [255, 256],
      [256, 300],
      [257, 299],
    ] as const) {
      const right = { hasher, oldSize, size, oldRoot: roots[oldSize]!, root: roots[size]! };
      const proof = await prover.consistency(oldSize, size);
      const bad = (change: Partial<Parameters<typeof verifyConsistency>[0]>): void =>
        assert.throws(
          () => verifyConsistency({ ...right, proof, ...change }),
          refusedWith('root_mismatch', 'bad_proof'),
        );
      bad({ oldRoot: flipped(right.oldRoot) });
      bad({ root: flipped(right.root) });
      if (oldSize !== size) bad({ oldRoot: right.root, root: right.oldRoot });
      for (const altered of alterations(proof)) bad({ proof: altered.proof });
    }
  });

  test('a range: an entry left out, added, exchanged or moved, or any hash of the proof altered', async () => {
    for (const [start, end, size] of [
      [0, 1, 2],
      [1, 3, 5],
      [2, 6, 7],
      [0, 7, 7],
      [250, 260, 300],
      [100, 300, 300],
    ] as const) {
      const proof = await prover.range(start, end, size);
      const right = { hasher, start, end, size, leafHashes: joined(start, end), proof, root: roots[size]! };
      const bad = (change: Partial<Parameters<typeof verifyRange>[0]>): void =>
        assert.throws(
          () => verifyRange({ ...right, ...change }),
          refusedWith('root_mismatch', 'bad_proof', 'bad_range', 'bad_hash'),
        );
      bad({ root: flipped(right.root) });
      bad({ leafHashes: joined(start, end - 1) });
      bad({ leafHashes: joined(start, end - 1), end: end - 1 });
      bad({ leafHashes: Buffer.concat([joined(start, end), leaves[0]!]), end: end + 1 });
      bad({ start: start + 1, end: end + 1 });
      if (end - start > 1) {
        const swapped = Buffer.concat([leaves[start + 1]!, leaves[start]!, joined(start + 2, end)]);
        bad({ leafHashes: swapped });
      }
      for (let at = 0; at < end - start; at += 7) bad({ leafHashes: flipped(right.leafHashes, at * 256 + 3) });
      for (const altered of alterations(proof)) bad({ proof: altered.proof });
    }
  });

  test('a proof of hashes that are none says so', () => {
    const proof = [new Uint8Array(31)];
    const root = roots[2]!;
    assert.throws(
      () => verifyInclusion({ hasher, leafHash: leaves[0]!, index: 0, size: 2, proof, root }),
      refusedWith('bad_hash'),
    );
    assert.throws(
      () => verifyConsistency({ hasher, oldSize: 1, oldRoot: roots[1]!, size: 2, root, proof }),
      refusedWith('bad_hash'),
    );
    assert.throws(
      () => verifyInclusion({ hasher, leafHash: new Uint8Array(33), index: 0, size: 1, proof: [], root: roots[1]! }),
      refusedWith('bad_hash'),
    );
  });

  test('sizes and indexes that no tree has: 0, negative, fractions, beyond 2^53, start at or after end', async () => {
    const root = roots[2]!;
    for (const size of [0, -1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY]) {
      const bad = (check: () => void): void => assert.throws(check, refusedWith('bad_range'));
      bad(() => verifyInclusion({ hasher, leafHash: leaves[0]!, index: 0, size, proof: [], root }));
      bad(() => verifyConsistency({ hasher, oldSize: size, oldRoot: root, size: 2, root, proof: [] }));
      bad(() => verifyConsistency({ hasher, oldSize: 1, oldRoot: root, size, root, proof: [] }));
      bad(() => verifyRange({ hasher, start: 0, end: 1, leafHashes: leaves[0]!, size, proof: [], root }));
      await assert.rejects(prover.inclusion(0, size), refusedWith('bad_range'));
      if (size !== 0) await assert.rejects(prover.root(size), refusedWith('bad_range'));
    }
    for (const [start, end] of [
      [0, 0],
      [1, 1],
      [2, 1],
      [-1, 1],
      [0, 3],
      [0.5, 1],
    ] as const) {
      await assert.rejects(prover.range(start, end, 2), refusedWith('bad_range'));
      await assert.rejects(prover.leafHashes(start, end, 2), refusedWith('bad_range'));
    }
    await assert.rejects(prover.consistency(3, 2), refusedWith('bad_range'));
    await assert.rejects(prover.inclusion(2, 2), refusedWith('bad_range'));
  });

  test('a tree of 2^53 − 1 entries takes no longer than a small one', () => {
    const size = Number.MAX_SAFE_INTEGER;
    const proof = Array.from({ length: 53 }, () => roots[1]!);
    assert.throws(
      () => verifyInclusion({ hasher, leafHash: leaves[0]!, index: size - 2, size, proof, root: roots[1]! }),
      refusedWith('root_mismatch'),
    );
  });

  test('a tile of another length is named', async () => {
    const short = createProver({ hasher, readTile: async () => new Uint8Array(32) });
    await assert.rejects(short.root(2), refusedWith('bad_tile'));
    await assert.rejects(short.leafHashes(0, 2, 2), refusedWith('bad_tile'));
  });

  test('a full tile stands in for a partial one that the log has let go of', async () => {
    const full = createProver({
      hasher,
      readTile: (level, index, width) => folder.readTile(level, index, level === 0 && index === 0 ? 256 : width),
    });
    assert.deepEqual(Buffer.from(await full.root(77)), roots[77]);
  });
});

function alterations(proof: Uint8Array[]): { proof: Uint8Array[] }[] {
  const altered = [{ proof: [...proof, roots[1]!] }, { proof: [roots[1]!, ...proof] }];
  proof.forEach((hash, at) => {
    altered.push({ proof: proof.with(at, flipped(hash, at * 3)) });
    altered.push({ proof: proof.toSpliced(at, 1) });
    altered.push({ proof: proof.toSpliced(at, 0, hash) });
    const next = proof[at + 1];
    if (next) altered.push({ proof: proof.with(at, next).with(at + 1, hash) });
  });
  return altered;
}

test('a tile that is given again is not hashed again, and one read anew is: what was remembered never outlives the tile', async () => {
  let hashed = 0;
  const counting = {
    ...hasher,
    root(leafHashes: Uint8Array) {
      hashed += leafHashes.length / 32;
      return hasher.root(leafHashes);
    },
  };
  const kept = createProver({ hasher: counting, readTile: folder.readTile });
  const first = await kept.inclusion(3, 300);
  const work = hashed;
  assert.deepEqual(await kept.inclusion(3, 300), first);
  // Single hashes are taken as they are.
  assert.ok(hashed - work < 10);
  const other = createTlogFolder({ hasher });
  other.append(entries.toReversed());
  let current = folder.readTile;
  const moving = createProver({ hasher, readTile: (level, index, width) => current(level, index, width) });
  const before = await moving.root(300);
  current = other.readTile;
  assert.deepEqual(Buffer.from(before), roots[300]);
  assert.deepEqual(Buffer.from(await moving.root(300)), naiveRoot(leaves.toReversed()));
});
