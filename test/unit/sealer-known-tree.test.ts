import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { bundlePath, emptyEdge, tilePath } from '../../services/core/tlog/index.js';
import { createNodeTreeHasher } from '../../services/core/tlog/node.js';
import { createShardFolder } from '../../services/sealer/folder.js';
import { createGrowingTree } from '../../services/sealer/growing-tree.js';
import { readTree } from '../../services/sealer/known-tree.js';

const hasher = createNodeTreeHasher();
const where = { topic: 'audit.events', partition: 0 };

/** A shard's folder with a tree of that size, as it is written at a checkpoint. */
async function writtenTree(t: TestContext, size: number) {
  const base = mkdtempSync(join(tmpdir(), 'sealstream-tree-'));
  t.after(() => rmSync(base, { recursive: true, force: true }));
  const folder = createShardFolder({ folder: base, shard: 'registry' });
  const tree = createGrowingTree({ folder, edge: emptyEdge, milestones: [], hasher, onMilestone: () => {} });
  for (let offset = 0; offset < size; offset += 1) {
    const valueHash = Buffer.alloc(32, offset % 251);
    await tree.add({ incarnation: Buffer.alloc(16), partition: 0, offset, appendTimeMs: 1_000 + offset, valueHash });
  }
  const root = await tree.write();
  const committed = { incarnation: '0'.repeat(32), first: 0, size, root };
  return {
    at: (path: string): string => join(base, 'registry', path),
    read: () => readTree({ folder, hasher, committed, published: undefined, origin: 'a/registry', where }),
  };
}

describe('the tree in a shard’s folder', () => {
  for (const size of [1, 255, 256, 257, 512, 65_536 + 256]) {
    test(`of ${size} entries is read as it was written`, async (t) => {
      const { read } = await writtenTree(t, size);
      assert.equal((await read()).size, size);
    });
  }

  const size = 65_536 + 2 * 256 + 44;
  const damages = [
    ['the bundle at the edge', bundlePath(258, 44)],
    ['the tile at the edge', tilePath(0, 258, 44)],
    ['the newest full bundle', bundlePath(257)],
    ['the newest full tile', tilePath(0, 257)],
    ['the newest full tile of a level above', tilePath(1, 0)],
    ['the edge of a level above', tilePath(1, 1, 2)],
  ] as const;
  test('is named where what was written last was cut or altered, and is none where it is gone', async (t) => {
    const { at, read } = await writtenTree(t, size);
    for (const [what, path] of damages) {
      const truth = await readFile(at(path));
      truncateSync(at(path), truth.length - 1);
      await assert.rejects(read, { code: 'folder_contradicts' }, `${what}, cut`);
      const altered = Buffer.from(truth);
      altered[altered.length - 1]! ^= 1;
      writeFileSync(at(path), altered);
      await assert.rejects(read, { code: 'folder_contradicts' }, `${what}, altered`);
      rmSync(at(path));
      assert.equal((await read()).size, 0, `${what}, gone: the tree is filled anew`);
      writeFileSync(at(path), truth);
      assert.equal((await read()).size, size);
    }
  });
});
