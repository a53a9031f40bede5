import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  cosignText,
  createProver,
  formatCheckpoint,
  formatNote,
  formatTlogProof,
  openTlogProof,
  parseTlogProof,
  signText,
  type TlogCode,
  TlogError,
  type TlogProof,
} from '../../services/core/tlog/index.js';
import { createNodeTreeHasher, createNodeVerifier } from '../../services/core/tlog/node.js';
import { makeNoteSigner } from '../support/note-keys.js';
import { createTlogFolder } from '../support/tlog-folder.js';

const hasher = createNodeTreeHasher();
const verify = createNodeVerifier();
const log = makeNoteSigner('log.example.com/1');
const witness = makeNoteSigner('witness.example.org', 0x04);
const refusedWith =
  (...codes: TlogCode[]) =>
  (error: unknown): boolean =>
    error instanceof TlogError && codes.includes(error.code);

const entries = Array.from({ length: 7 }, (_, index) => Buffer.from(`entry ${index}`));
const folder = createTlogFolder({ hasher });
folder.append(entries);
const prover = createProver({ hasher, readTile: folder.readTile });

async function proofOf(index: number): Promise<TlogProof> {
  const text = formatCheckpoint({
    origin: log.key.name,
    size: entries.length,
    root: await prover.root(entries.length),
  });
  const signatures = [
    await signText({ text, ...log }),
    await cosignText({ text, ...witness, timeSeconds: 1_790_000_000 }),
  ];
  return {
    extra: undefined,
    index,
    proof: (await prover.inclusion(index, entries.length)).map((hash) => Uint8Array.from(hash)),
    checkpoint: formatNote({ text, signatures }),
  };
}
const open = (proof: TlogProof, entry: Uint8Array): ReturnType<typeof openTlogProof> =>
  openTlogProof({
    hasher,
    proof,
    leafHash: hasher.leaf(entry),
    origin: log.key.name,
    logKeys: [log.key],
    witnessKeys: [witness.key],
    verify,
  });

describe('a proof in one text (C2SP tlog-proof)', () => {
  test('is the line of the format, the index, the hashes, an empty line and the checkpoint as it is', async () => {
    const proof = await proofOf(5);
    const text = formatTlogProof(proof);
    assert.equal(
      text,
      [
        'c2sp.org/tlog-proof@v1',
        'index 5',
        ...proof.proof.map((hash) => Buffer.from(hash).toString('base64')),
        '',
        proof.checkpoint,
      ].join('\n'),
    );
    assert.deepEqual(parseTlogProof(text), proof);
    assert.ok(
      formatTlogProof({ ...proof, extra: Buffer.from('more') }).startsWith(
        'c2sp.org/tlog-proof@v1\nextra bW9yZQ==\nindex 5\n',
      ),
    );
    const withExtra = { ...proof, extra: new Uint8Array([1, 2, 3]) };
    assert.deepEqual(parseTlogProof(formatTlogProof(withExtra)), withExtra);
  });

  test('verifies for its entry, with the witnesses that have cosigned, and for no other', async () => {
    for (let index = 0; index < entries.length; index += 1) {
      const proof = parseTlogProof(formatTlogProof(await proofOf(index)));
      const { checkpoint, cosignatures } = await open(proof, entries[index]!);
      assert.equal(checkpoint.size, entries.length);
      assert.deepEqual(
        cosignatures.map(({ key }) => key.name),
        ['witness.example.org'],
      );
      await assert.rejects(open(proof, entries[(index + 1) % 7]!), refusedWith('root_mismatch'));
      await assert.rejects(
        open({ ...proof, index: (index + 1) % 7 }, entries[index]!),
        refusedWith('root_mismatch', 'bad_proof'),
      );
      await assert.rejects(open({ ...proof, index: 7 }, entries[index]!), refusedWith('bad_range'));
    }
  });

  test('of another form is refused', async () => {
    const text = formatTlogProof({ ...(await proofOf(5)), extra: Buffer.from('more') });
    const lines = text.split('\n');
    const without = (at: number, count = 1): string => lines.toSpliced(at, count).join('\n');
    const withLine = (at: number, line: string): string => lines.with(at, line).join('\n');
    for (const bad of [
      '',
      '\n\n',
      without(0),
      without(2),
      lines.slice(0, 5).join('\n'),
      withLine(0, 'c2sp.org/tlog-proof@v2'),
      withLine(0, 'c2sp.org/tlog-proof@v1 '),
      withLine(1, 'extra '),
      withLine(1, 'extra bW9yZQ'),
      withLine(1, 'Extra bW9yZQ=='),
      withLine(2, 'index 05'),
      withLine(2, 'index -1'),
      withLine(2, 'index 9007199254740992'),
      withLine(2, 'index 5 '),
      withLine(2, 'index'),
      withLine(3, 'AAAA'),
      withLine(3, `${lines[3]} `),
      [...lines.slice(0, 3), ...new Array(64).fill(lines[3]), '', text.split('\n\n')[1]].join('\n'),
      text.replaceAll('\n', '\r\n'),
    ]) {
      assert.throws(() => parseTlogProof(bad), refusedWith('bad_tlog_proof'), JSON.stringify(bad.slice(0, 200)));
    }
    // A proof whose lines were cut away is a proof still, of another shape.
    await assert.rejects(open(parseTlogProof(without(3)), entries[5]!), refusedWith('bad_proof'));
  });
});
