import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createTimestampRequest } from '../../services/core/timestamp/index.js';
import { parseNote } from '../../services/core/tlog/index.js';
import { sha256 } from '../../services/core/tlog/node.js';
import { type BundleVerdict, verifyBundle } from '../../services/core/verify/node.js';
import { createEvidenceWorld, type EvidenceWorld, writeLane } from '../support/evidence.js';
import { type OpensslAuthority, opensslMissing, startOpensslAuthority } from '../support/timestamp-authority.js';

describe('the time of a bundle', { skip: opensslMissing }, () => {
  let authority: OpensslAuthority;
  let stranger: OpensslAuthority;
  let world: EvidenceWorld;
  let shown: ReturnType<EvidenceWorld['show']>[];

  before(async () => {
    [authority, stranger] = await Promise.all([startOpensslAuthority(), startOpensslAuthority()]);
    world = createEvidenceWorld();
    shown = writeLane(world).all.map((record) => world.show(record, 'all'));
  });
  after(() => Promise.all([authority?.close(), stranger?.close()]));

  const stamp = async (by: OpensslAuthority, note: string): Promise<Uint8Array> => {
    const digest = sha256(new TextEncoder().encode(parseNote(note).text));
    return new Uint8Array(await by.reply(createTimestampRequest({ digest })));
  };
  const judged = async (
    timestamps: (note: string) => Promise<Uint8Array[]>,
    roots = [authority.root],
    change: { nowMs?: number } = {},
  ): Promise<BundleVerdict> => {
    const note = await world.noteOf(world.log);
    const json = await world.json(shown, { note, timestamps: await timestamps(note) });
    return verifyBundle(json, { trust: { ...world.trust, timestampRoots: roots, ...change } });
  };

  test('is that of a trusted authority’s timestamp over the checkpoint', async () => {
    const verdict = await judged(async (note) => [await stamp(stranger, note), await stamp(authority, note)]);
    assert.equal(verdict.verified, true, verdict.message);
    assert.match(verdict.checks.time.message, /^there no later than 20/);
    assert.match(verdict.message, /complete and timestamped/);
  });

  test('is not known by an authority that nobody trusts', async () => {
    const verdict = await judged(async (note) => [await stamp(stranger, note)]);
    assert.deepEqual([verdict.verified, verdict.tampered, verdict.failed], [false, true, 'unknown_authority']);
    const unasked = await judged(async (note) => [await stamp(stranger, note)], []);
    assert.deepEqual([unasked.verified, unasked.checks.time.failed], [true, 'no_authority']);
    assert.equal(unasked.checks.time.available, false);
  });

  test('is not that of another checkpoint, of garbage, or of the future', async () => {
    const of = async (timestamps: (note: string) => Promise<Uint8Array[]>, change = {}): Promise<string | null> =>
      (await judged(timestamps, [authority.root], change)).failed;
    const other = await world.noteOf(world.registryLog);
    assert.equal(await of(async () => [await stamp(authority, other)]), 'bad_timestamp');
    assert.equal(await of(async () => [Buffer.from('no timestamp')]), 'bad_timestamp');
    const yesterday = { nowMs: Date.now() - 86_400_000 };
    assert.equal(await of(async (note) => [await stamp(authority, note)], yesterday), 'bad_timestamp');
  });

  test('is missing where an authority is trusted and none has said anything: not proven', async () => {
    const verdict = await judged(async () => []);
    assert.deepEqual([verdict.verified, verdict.tampered, verdict.failed], [false, false, 'no_timestamp']);
  });

  test('contradicts records that say they were appended after it', async () => {
    const later = createEvidenceWorld({ startMs: Date.now() + 3_600_000 });
    const records = writeLane(later).all.map((record) => later.show(record, 'all'));
    const laterNote = await later.noteOf(later.log);
    const json = await later.json(records, { note: laterNote, timestamps: [await stamp(authority, laterNote)] });
    const verdict = await verifyBundle(json, { trust: { ...later.trust, timestampRoots: [authority.root] } });
    assert.equal(verdict.failed, 'time_contradiction', verdict.message);
  });
});
