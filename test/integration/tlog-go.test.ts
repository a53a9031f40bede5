import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  appendEntries,
  cosignText,
  createFrontier,
  createProver,
  emptyEdge,
  encodeEntry,
  formatCheckpoint,
  formatNote,
  formatVkey,
  frontierOfEdge,
  type LogEdge,
  signText,
  tilePath,
} from '../../services/core/tlog/index.js';
import { createNodeTreeHasher, sha256 } from '../../services/core/tlog/node.js';
import { buildGoCheck, type GoReport, whyNoGo } from '../support/go-check.js';
import { makeNoteSigner } from '../support/note-keys.js';

const hasher = createNodeTreeHasher();
const origin = 'audit.example.com/00112233445566778899aabbccddeeff/3';
const log = makeNoteSigner(origin);
const witness = makeNoteSigner('witness.example.org', 0x04);
/** Around the edges of tiles, and up to three levels of them. */
const sizes = [1, 2, 3, 255, 256, 257, 511, 512, 1_000, 4_711, 65_535, 65_536, 66_000];

const entryAt = (offset: number): Uint8Array =>
  encodeEntry({
    incarnation: Buffer.alloc(16, 0xa1),
    partition: 3,
    offset,
    appendTimeMs: 1_790_000_000_000 + offset,
    valueHash: sha256(Buffer.from(`record ${offset}`)),
    signed:
      offset % 5 === 0 ? undefined : { header: Buffer.alloc(1 + (offset % 300), 1), signature: Buffer.alloc(64, 2) },
  });

/** Writes a log's folder, with a checkpoint of each size. */
async function writeLog(folder: string): Promise<void> {
  const write = async (path: string, bytes: Uint8Array | string): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  };
  let edge: LogEdge = emptyEdge;
  for (const size of sizes) {
    const entries = Array.from({ length: size - edge.size }, (_, index) => entryAt(edge.size + index));
    const appended = appendEntries({ hasher, edge, entries });
    edge = appended.edge;
    for (const { path, bytes } of appended.files) await write(path, bytes);
    const root = createFrontier({ hasher, from: frontierOfEdge(hasher, edge) }).root();
    const text = formatCheckpoint({ origin, size, root });
    const signatures = [
      await signText({ text, ...log }),
      await cosignText({ text, ...witness, timeSeconds: 1_790_000_000 }),
    ];
    const note = formatNote({ text, signatures });
    await write(`checkpoints/${size}`, note);
    await write('checkpoint', note);
  }
}

describe('implementations that are not ours accept our log', { skip: await whyNoGo() }, () => {
  let scratch: string;
  let folder: string;
  let check: (...args: string[]) => Promise<GoReport>;
  const keys = ['-vkey', formatVkey(log.key), '-witness', formatVkey(witness.key)];

  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'sealstream-log-'));
    folder = join(scratch, 'log');
    await writeLog(folder);
    check = await buildGoCheck(scratch);
  });
  after(() => rm(scratch, { recursive: true, force: true }));

  /** Runs `act` with a file of the log altered, and puts it back. */
  const withAltered = async (path: string, alter: (bytes: Buffer) => void, act: () => Promise<void>): Promise<void> => {
    const file = join(folder, path);
    const bytes = await readFile(file);
    const altered = Buffer.from(bytes);
    alter(altered);
    await writeFile(file, altered);
    await act().finally(() => writeFile(file, bytes));
  };
  const refuses = (path: string, alter: (bytes: Buffer) => void, message: RegExp): Promise<void> =>
    withAltered(path, alter, () => assert.rejects(check('-folder', folder, ...keys), message));

  test('golang.org/x/mod/sumdb opens every checkpoint, makes the same tree and tiles of our entries, and verifies inclusion and consistency through our tiles', async () => {
    const report = await check('-folder', folder, ...keys);
    const last = sizes.at(-1)!;
    assert.equal(report.size, last);
    assert.equal(report.entries, last);
    assert.equal(report.checkpoints, sizes.length + 1);
    assert.equal(report.consistency, sizes.length);
    // 257 full ones and a partial one of level 0, one and one above them, and one on top.
    assert.equal(report.tiles, 261);
    assert.ok(report.inclusion > 700);
  });

  test('github.com/transparency-dev/formats verifies the cosignature of every checkpoint', async () => {
    assert.equal((await check('-folder', folder, ...keys)).cosignatures, sizes.length + 1);
  });

  test('sumdb/tlog accepts the inclusion and consistency proofs that we make', async () => {
    const readTile = (level: number, index: number, width: number): Promise<Buffer> =>
      readFile(join(folder, tilePath(level, index, width)));
    const prover = createProver({ hasher, readTile });
    const base64 = (hashes: Uint8Array[]): string[] => hashes.map((hash) => Buffer.from(hash).toString('base64'));
    const inclusion = [];
    const consistency = [];
    for (const size of sizes) {
      for (const index of new Set([0, 1, 254, 255, 256, 700, size >> 1, size - 2, size - 1])) {
        if (index < 0 || index >= size) continue;
        const [leaf] = base64([hasher.leaf(entryAt(index))]);
        inclusion.push({ index, size, leaf, proof: base64(await prover.inclusion(index, size)) });
      }
      for (const oldSize of sizes.filter((older) => older <= size)) {
        consistency.push({ oldSize, size, proof: base64(await prover.consistency(oldSize, size)) });
      }
    }
    const proofs = join(scratch, 'proofs.json');
    await writeFile(proofs, JSON.stringify({ inclusion, consistency }));
    const report = await check('-folder', folder, ...keys, '-proofs', proofs);
    assert.equal(report.givenProofs, inclusion.length + consistency.length);
    inclusion[20]!.index += 1;
    await writeFile(proofs, JSON.stringify({ inclusion, consistency }));
    await assert.rejects(check('-folder', folder, ...keys, '-proofs', proofs), /the proof of entry/);
  });

  test('and refuse it where a tile, an entry, a signature or a cosignature was altered', async () => {
    await refuses('tile/0/003', (tile) => tile.writeUInt8(tile[5]! ^ 1, 5), /is not the tile of these entries/);
    await refuses('tile/1/000', (tile) => tile.writeUInt8(tile[5]! ^ 1, 5), /is not the tile of these entries/);
    await refuses('tile/entries/003', (bundle) => bundle.writeUInt8(bundle[30]! ^ 1, 30), /the entries have the root/);
    const newest = (note: Buffer, name: string): number => note.lastIndexOf(`— ${name}`) + name.length + 25;
    const swapAt = (note: Buffer, at: number): number => note.writeUInt8(note[at] === 65 ? 66 : 65, at);
    await refuses('checkpoint', (note) => swapAt(note, newest(note, origin)), /invalid signature/);
    await refuses('checkpoint', (note) => swapAt(note, newest(note, witness.key.name)), /invalid signature/);
    await refuses('checkpoints/1000', (note) => note.write('2', note.indexOf('\n') + 1), /invalid signature/);
    await refuses('checkpoint', (note) => note.write('x'), /invalid signature/);
  });
});
