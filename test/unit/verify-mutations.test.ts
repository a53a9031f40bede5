import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { type BundleVerdict, UnreadableBundle, verifyBundle } from '../../services/core/verify/node.js';
import { bundleToJson } from '../../services/core/verify/write-bundle.js';
import { createEvidenceWorld, type EvidenceWorld, writeLane } from '../support/evidence.js';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type Path = (string | number)[];

/** `npm run test:verify` changes them all. */
const bytesOfEach = Number(process.env.SEALSTREAM_VERIFY_BYTES ?? 8);

/** What is said and not proven: anybody may say something else. */
const saidOnly = (path: Path): boolean => path[0] === 'question';

function* pathsOf(value: Json, path: Path = []): Generator<{ path: Path; value: Json }> {
  yield { path, value };
  if (Array.isArray(value)) for (const [at, item] of value.entries()) yield* pathsOf(item, [...path, at]);
  else if (typeof value === 'object' && value !== null)
    for (const [name, item] of Object.entries(value)) yield* pathsOf(item, [...path, name]);
}

/** A copy with what stands at a path replaced, or taken out. */
function changed(root: Json, path: Path, change: (old: Json) => Json | undefined): Json {
  if (path.length === 0) return change(root) ?? null;
  const copy = structuredClone(root);
  let parent = copy as Record<string | number, Json>;
  for (const step of path.slice(0, -1)) parent = parent[step] as typeof parent;
  const last = path.at(-1)!;
  const next = change(parent[last]!);
  if (next !== undefined) parent[last] = next;
  else if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete parent[last];
  return copy;
}

const base64Byte = (text: string, at: number, bit: number): string => {
  const bytes = Buffer.from(text, 'base64');
  bytes[at] = bytes[at]! ^ (1 << bit);
  return bytes.toString('base64');
};

/** Everything that somebody could do to one value, of its kind. */
function* mutationsOf(value: Json, others: readonly Json[]): Generator<Json | undefined> {
  yield undefined;
  yield null;
  yield [];
  yield {};
  yield 'x';
  yield -1;
  if (typeof value === 'number') yield* [value + 1, value - 1, 0, value + 0.5, 2 ** 53];
  if (Array.isArray(value)) {
    yield [...value, ...value.slice(-1)];
    yield value.toReversed();
    yield value.slice(1);
    yield value.slice(0, -1);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) yield { ...value, more: 1 };
  if (typeof value === 'string') {
    yield '';
    yield value.slice(0, -1);
    yield `${value}A`;
    yield `${value} `;
    const bytes = /^[A-Za-z0-9+/]+=*$/.test(value) ? Buffer.from(value, 'base64').length : 0;
    // Every byte of what is short; of what is long, its ends and some in between, each with another bit.
    const step = Math.max(1, Math.floor(bytes / bytesOfEach));
    for (let at = 0; at < bytes; at += step) yield base64Byte(value, at, at % 8);
    if (bytes > 0) yield base64Byte(value, bytes - 1, 0);
    for (let at = 0; at < value.length && bytes === 0; at += 1) {
      yield value.slice(0, at) + String.fromCharCode(value.charCodeAt(at) ^ 1) + value.slice(at + 1);
    }
    for (const other of others) if (typeof other === 'string' && other.length === value.length) yield other;
  }
}

describe('whatever is changed in a bundle', () => {
  let world: EvidenceWorld;
  let good: Json;
  /** Of the same deployment, and another selection: pieces to mix in. */
  let other: Json;
  let honest: BundleVerdict;

  before(async () => {
    world = createEvidenceWorld();
    const lane = writeLane(world);
    const shown = lane.all.map((record) => world.show(record, record === lane.batches[1] ? [1, 3] : 'all'));
    good = JSON.parse(JSON.stringify(bundleToJson(await world.bundle(shown, { range: [0, 6] }))));
    other = JSON.parse(JSON.stringify(bundleToJson(await world.bundle(shown.slice(0, 4), { range: [0, 4] }))));
    honest = await verifyBundle(good as object, { trust: world.trust, views: 1_000 });
  });

  const isLess = ({ events, checks: { inclusion, completeness } }: BundleVerdict): boolean =>
    (events.length < honest.events.length || completeness.message !== honest.checks.completeness.message) &&
    events.every((event) => honest.events.some((own) => isDeepStrictEqual({ ...own, log: 0 }, { ...event, log: 0 }))) &&
    isDeepStrictEqual(inclusion.checkpoints, honest.checks.inclusion.checkpoints);

  /** `less` is a verdict on part of what the honest bundle shows: nobody was told anything that is not so. */
  const outcome = async (bundle: Json | string): Promise<string> => {
    try {
      const verdict = await verifyBundle(bundle as object, { trust: world.trust, views: 1_000 });
      if (verdict.verified) return isLess(verdict) ? 'less' : 'verified';
      return verdict.tampered ? 'tampered' : 'unproven';
    } catch (error) {
      if (error instanceof UnreadableBundle) return 'unreadable';
      throw error;
    }
  };

  test('it is not verified, and nothing breaks', async () => {
    assert.equal(await outcome(good), 'verified');
    const values = [...pathsOf(good)];
    const strings = values.flatMap(({ value }) => (typeof value === 'string' ? [value] : []));
    const seen = { less: 0, tampered: 0, unproven: 0, unreadable: 0 };
    for (const { path, value } of values) {
      if (saidOnly(path)) continue;
      for (const mutation of mutationsOf(value, strings)) {
        if (isDeepStrictEqual(mutation, value)) continue;
        const result = await outcome(changed(good, path, () => mutation));
        const what = `${path.join('.')} became ${JSON.stringify(mutation)?.slice(0, 200)}`;
        assert.notEqual(result, 'verified', what);
        if (result === 'less') assert.ok(path.includes('events') || path.includes('range'), what);
        seen[result as keyof typeof seen] += 1;
      }
    }
    assert.ok(seen.tampered > 500 && seen.unreadable > 500, JSON.stringify(seen));
  });

  test('pieces of another bundle of the same deployment do not fit in', async () => {
    const mixable = [...pathsOf(other)].filter(({ path }) => path.length > 0 && !saidOnly(path));
    for (const { path, value } of mixable) {
      let mixed: Json;
      try {
        mixed = changed(good, path, () => value);
      } catch {
        continue;
      }
      if (isDeepStrictEqual(mixed, good)) continue;
      const result = await outcome(mixed);
      assert.notEqual(result, 'verified', path.join('.'));
    }
  });

  test('text that is cut, doubled, or no bundle at all is unreadable', async () => {
    const text = JSON.stringify(good);
    for (let end = 0; end < text.length; end += Math.ceil(text.length / 200)) {
      assert.equal(await outcome(text.slice(0, end)), 'unreadable');
    }
    for (const what of [
      `${text}${text}`,
      '',
      'null',
      '[]',
      '{}',
      '"sealstream/bundle/v1"',
      '1e999',
      '{"format":"sealstream/bundle/v1"}',
    ]) {
      assert.equal(await outcome(what), 'unreadable', what.slice(0, 40));
    }
    assert.equal(await outcome(JSON.parse(text.replace('bundle/v1', 'bundle/v2'))), 'unreadable');
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    assert.equal(await outcome(deep), 'unreadable');
  });

  test('a giant is refused before it is read', async () => {
    const records = Array.from({ length: 100_001 }, () => null);
    const top = good as { [name: string]: Json };
    const giant = { ...top, registry: { records, log: null } };
    assert.equal(await outcome(giant as Json), 'unreadable');
    await assert.rejects(
      verifyBundle(new Uint8Array(268_435_457), { trust: world.trust }),
      /at most 268435456 are read/,
    );
  });
});
