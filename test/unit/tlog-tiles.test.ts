import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  appendEntries,
  bundlePath,
  createFrontier,
  decodeBundle,
  emptyEdge,
  encodeBundle,
  frontierOfEdge,
  type LogEdge,
  parseTilePath,
  partialTiles,
  readEdge,
  type TlogCode,
  TlogError,
  tilePath,
  widthAt,
} from '../../services/core/tlog/index.js';
import { createNodeTreeHasher } from '../../services/core/tlog/node.js';
import { naiveLeaf, naiveRoot } from '../support/naive-tree.js';
import { createTlogFolder } from '../support/tlog-folder.js';

const hasher = createNodeTreeHasher();
const refusedWith =
  (code: TlogCode) =>
  (error: unknown): boolean =>
    error instanceof TlogError && error.code === code;
const entriesFrom = (first: number, count: number): Buffer[] =>
  Array.from({ length: count }, (_, index) => Buffer.from(`entry ${first + index}`));

describe('paths of tiles (C2SP tlog-tiles)', () => {
  test('index 1234067 is x001/x234/067, as the specification has it', () => {
    assert.equal(tilePath(0, 1_234_067), 'tile/0/x001/x234/067');
    assert.equal(tilePath(0, 1_234_067, 8), 'tile/0/x001/x234/067.p/8');
    assert.equal(bundlePath(1_234_067, 255), 'tile/entries/x001/x234/067.p/255');
    assert.equal(tilePath(63, 0), 'tile/63/000');
    assert.equal(tilePath(1, 999), 'tile/1/999');
    assert.equal(tilePath(1, 1_000), 'tile/1/x001/000');
    assert.equal(bundlePath(Number.MAX_SAFE_INTEGER), 'tile/entries/x009/x007/x199/x254/x740/991');
  });

  test('are read back, and only in the one spelling', () => {
    for (const path of [
      'tile/0/000',
      'tile/63/x001/000.p/255',
      'tile/entries/x001/x234/067.p/8',
      'tile/entries/x009/x007/x199/x254/x740/991',
    ]) {
      const name = parseTilePath(path);
      assert.ok(name, path);
      const { index, width } = name;
      assert.equal(name.kind === 'entries' ? bundlePath(index, width) : tilePath(name.level, index, width), path);
    }
    for (const path of [
      '',
      'tile/0',
      'tile/0/0',
      'tile/00/000',
      'tile/64/000',
      'tile/-1/000',
      'tile/0/x000/000',
      'tile/0/001/000',
      'tile/0/x001',
      'tile/0/000.p/0',
      'tile/0/000.p/256',
      'tile/0/000.p/01',
      'tile/0/000.p/',
      'tile/0/000.p/1/',
      '/tile/0/000',
      'tile/0/000\n',
      'tile/0/../000',
      'tile/data/000',
      'tile/8/0/000',
      'tile/0/x999/x999/x999/x999/x999/999',
      `tile/0/${'x001/'.repeat(500)}000`,
    ]) {
      assert.equal(parseTilePath(path), undefined, path);
    }
  });

  test('that no log has are not made', () => {
    for (const [level, index, width] of [
      [64, 0, 256],
      [-1, 0, 256],
      [0, -1, 256],
      [0, 2 ** 53, 256],
      [0, 0, 0],
      [0, 0, 257],
      [0, 0.5, 1],
    ] as const) {
      assert.throws(() => tilePath(level, index, width), refusedWith('bad_tile'));
    }
  });
});

describe('which tiles a tree has', () => {
  test('size 70,000 has 273 full tiles and one of 112, one full and one of 17, and one of 1: the example of the specification', () => {
    assert.deepEqual(partialTiles(70_000), [
      { level: 0, index: 273, width: 112 },
      { level: 1, index: 1, width: 17 },
      { level: 2, index: 0, width: 1 },
    ]);
    assert.equal(widthAt(0, 272, 70_000), 256);
    assert.equal(widthAt(0, 273, 70_000), 112);
    assert.equal(widthAt(0, 274, 70_000), 0);
    assert.equal(widthAt(1, 0, 70_000), 256);
    assert.equal(widthAt(2, 0, 70_000), 1);
    assert.equal(widthAt(3, 0, 70_000), 0);
  });

  test('size 256 has one full tile and a partial one of width 1 above', () => {
    assert.deepEqual(partialTiles(256), [{ level: 1, index: 0, width: 1 }]);
    assert.deepEqual(partialTiles(0), []);
  });
});

describe('entry bundles', () => {
  test('are entries, each after its length in two bytes', () => {
    const bundle = encodeBundle([Buffer.from('abc'), Buffer.alloc(0), Buffer.from('d')]);
    assert.equal(Buffer.from(bundle).toString('hex'), '00036162630000000164');
    assert.deepEqual(decodeBundle(bundle, 3).map(String), ['97,98,99', '', '100']);
    const longest = Buffer.alloc(65_535, 7);
    assert.deepEqual(Buffer.from(decodeBundle(encodeBundle([longest]), 1)[0]!), longest);
    assert.throws(() => encodeBundle([Buffer.alloc(65_536)]), refusedWith('bad_bundle'));
  });

  test('cut off, with too many or too few entries are refused', () => {
    const bundle = encodeBundle(entriesFrom(0, 3));
    for (let length = 0; length < bundle.length; length += 1) {
      assert.throws(() => decodeBundle(bundle.subarray(0, length), 3), refusedWith('bad_bundle'));
    }
    assert.throws(() => decodeBundle(bundle, 2), refusedWith('bad_bundle'));
    assert.throws(() => decodeBundle(bundle, 4), refusedWith('bad_bundle'));
  });
});

describe('the tile writer', () => {
  const count = 66_300;
  const entries = entriesFrom(0, count);

  test('gives the same files in whatever portions the entries come, beside the partial ones of sizes in between', () => {
    const whole = createTlogFolder({ hasher });
    whole.append(entries.slice(0, 1_000));
    for (const portion of [1, 7, 255, 256, 257, 999]) {
      const folder = createTlogFolder({ hasher });
      for (let at = 0; at < 1_000; at += portion) folder.append(entries.slice(at, Math.min(1_000, at + portion)));
      for (const [path, bytes] of whole.files)
        assert.deepEqual(Buffer.from(folder.files.get(path)!), Buffer.from(bytes));
      for (const path of folder.files.keys()) assert.ok(whole.files.has(path) || path.includes('.p/'), path);
      assert.deepEqual(folder.edge, whole.edge);
    }
  });

  test('writes exactly the tiles of the new size: three levels of them', () => {
    const { files, edge } = appendEntries({ hasher, edge: emptyEdge, entries });
    const paths = files.map(({ path }) => path);
    assert.equal(edge.size, count);
    assert.equal(new Set(paths).size, paths.length);
    const full = Math.floor(count / 256);
    const expected = [
      ...Array.from({ length: full }, (_, index) => bundlePath(index)),
      bundlePath(full, count % 256),
      ...Array.from({ length: full }, (_, index) => tilePath(0, index)),
      tilePath(0, full, count % 256),
      tilePath(1, 0),
      tilePath(1, 1, full - 256),
      tilePath(2, 0, 1),
    ];
    // 258 full tiles: one full tile of level 1, and its hash in level 2.
    assert.deepEqual(paths, expected);
    for (const { path, bytes } of files) {
      const name = parseTilePath(path)!;
      if (name.kind === 'hashes') assert.equal(bytes.length, name.width * 32);
      else {
        const wanted = entries.slice(name.index * 256, name.index * 256 + name.width);
        assert.deepEqual(decodeBundle(bytes, name.width).map(Buffer.from), wanted);
      }
    }
    assert.deepEqual(Buffer.from(rootOf(edge)), Buffer.from(hasher.root(Buffer.concat(entries.map(naiveLeaf)))));
  });

  test('does not write a partial tile again that did not change', () => {
    const first = appendEntries({ hasher, edge: emptyEdge, entries: entries.slice(0, 300) });
    const second = appendEntries({ hasher, edge: first.edge, entries: entries.slice(300, 301) });
    assert.deepEqual(
      second.files.map(({ path }) => path),
      ['tile/entries/001.p/45', 'tile/0/001.p/45'],
    );
    assert.deepEqual(appendEntries({ hasher, edge: first.edge, entries: [] }), { files: [], edge: first.edge });
  });

  test('leaves the edge it was given as it was, so that a failed write can be tried again', () => {
    const { edge } = appendEntries({ hasher, edge: emptyEdge, entries: entries.slice(0, 300) });
    const before = structuredClone(edge);
    const once = appendEntries({ hasher, edge, entries: entries.slice(300, 600) });
    assert.deepEqual(edge, before);
    assert.deepEqual(appendEntries({ hasher, edge, entries: entries.slice(300, 600) }), once);
  });

  test("an edge read back from the files is the edge that was written, and its root the tree's", async () => {
    const folder = createTlogFolder({ hasher });
    const leaves: Buffer[] = [];
    for (const size of [1, 2, 255, 256, 257, 300, 511, 512, 700]) {
      const added = entries.slice(leaves.length, size);
      folder.append(added);
      leaves.push(...added.map(naiveLeaf));
      const edge = await readEdge({ hasher, size, readTile: folder.readTile, readBundle: folder.readBundle });
      assert.deepEqual(edge.tiles.map(Buffer.from), folder.edge.tiles.map(Buffer.from));
      assert.deepEqual(Buffer.from(edge.bundle), Buffer.from(folder.edge.bundle));
      assert.deepEqual(Buffer.from(rootOf(edge)), naiveRoot(leaves));
    }
    assert.deepEqual(
      await readEdge({ hasher, size: 0, readTile: folder.readTile, readBundle: folder.readBundle }),
      emptyEdge,
    );
  });

  test('an edge whose bundle and tile contradict each other is refused', async () => {
    const folder = createTlogFolder({ hasher });
    folder.append(entries.slice(0, 300));
    const read = (change: Partial<Parameters<typeof readEdge>[0]>): Promise<LogEdge> =>
      readEdge({ hasher, size: 300, readTile: folder.readTile, readBundle: folder.readBundle, ...change });
    const otherBundle = encodeBundle(entries.slice(255, 299));
    await assert.rejects(read({ readBundle: async () => otherBundle }), refusedWith('bad_bundle'));
    await assert.rejects(read({ readBundle: async () => new Uint8Array(0) }), refusedWith('bad_bundle'));
    await assert.rejects(read({ readTile: async () => new Uint8Array(32) }), refusedWith('bad_tile'));
    await assert.rejects(read({ size: -1 }), refusedWith('bad_range'));
  });
});

const rootOf = (edge: LogEdge): Uint8Array => createFrontier({ hasher, from: frontierOfEdge(hasher, edge) }).root();
