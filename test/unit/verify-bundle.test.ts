import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { knownSchemaId } from '../../services/core/verify/known-schema.js';
import { type BundleVerdict, verifyBundle } from '../../services/core/verify/node.js';
import type { Trust } from '../../services/core/verify/trust.js';
import { bundleToJson } from '../../services/core/verify/write-bundle.js';
import { schemaId } from '../../services/core/wire/index.js';
import { createEvidenceWorld, testWitness, writeLane } from '../support/evidence.js';
import { eventParts, newKey, testProducer } from '../support/judging.js';

const verdictOn = async (
  world: ReturnType<typeof createEvidenceWorld>,
  bundle: Parameters<typeof bundleToJson>[0],
  change: Trust = {},
): Promise<BundleVerdict> =>
  verifyBundle(JSON.stringify(bundleToJson(bundle)), { trust: { ...world.trust, ...change } });

const failing = ({ checks }: BundleVerdict) =>
  Object.entries(checks).flatMap(([name, { failed }]) => (failed ? [`${name}: ${failed}`] : []));

describe('an evidence bundle', () => {
  test('of a whole range is signed, included, complete, and says so in parts', async () => {
    const world = createEvidenceWorld();
    const lane = writeLane(world);
    const shown = lane.all.map((record) => world.show(record, 'all'));
    const verdict = await verdictOn(world, await world.bundle(shown, { range: [0, 6] }));
    assert.deepEqual(failing(verdict), ['time: no_timestamp']);
    assert.equal(verdict.verified, true, verdict.message);
    assert.equal(verdict.checks.signature.events, 10);
    assert.deepEqual(verdict.checks.inclusion.checkpoints[1]!.witnesses.length, 2);
    assert.deepEqual(verdict.checks.completeness.heads[0]!.sequences, [0, 9]);
    assert.equal(verdict.checks.completeness.heads[0]!.signedBy, 'heartbeat');
    assert.equal(verdict.checks.time.available, false);
    assert.equal(verdict.message, '10 events: signed, in the log, complete.');
    assert.equal(verdict.events[0]!.message, 'Order 0 was paid');
  });

  test('of one event shows neither the seed nor other events, and is verified', async () => {
    const world = createEvidenceWorld();
    const { marker, open, batches } = writeLane(world);
    const shown = [world.show(marker), world.show(open), world.show(batches[0]!), world.show(batches[1]!, [3])];
    const first = await verdictOn(world, await world.bundle(shown));
    assert.equal(first.verified, true, first.message);
    const { id } = first.events[0]!;
    const asked = await verdictOn(world, await world.bundle(shown, { question: { kind: 'event', id } }));
    assert.equal(asked.verified, true, asked.message);
    const other = await verdictOn(
      world,
      await world.bundle(shown, { question: { kind: 'event', id: `f${id.slice(1)}` } }),
    );
    assert.deepEqual(other.failed, 'event_missing');
  });

  test('is of keys that it names itself where none are given, and the verdict says that', async () => {
    const world = createEvidenceWorld();
    const lane = writeLane(world);
    const json = await world.json(lane.all.map((record) => world.show(record, 'all')));
    const verdict = await verifyBundle(json);
    assert.equal(verdict.verified, true);
    assert.deepEqual(verdict.trust, { deployment: 'first_use', log: 'first_use' });
    assert.match(verdict.message, /keys that the bundle itself names/);
  });

  test('the schema that the verifier reads is the one that producers write', () => {
    assert.equal(knownSchemaId, schemaId.toString('hex'));
  });
});

describe('keys', () => {
  test('of another root, another audience, another log are not believed', async () => {
    const world = createEvidenceWorld();
    const lane = writeLane(world);
    const bundle = await world.bundle(lane.all.map((record) => world.show(record, 'all')));
    const key = newKey().publicKey.toString('base64');
    assert.equal((await verdictOn(world, bundle, { rootKey: key })).failed, 'wrong_deployment');
    assert.equal((await verdictOn(world, bundle, { audience: 'other.example' })).failed, 'wrong_deployment');
    assert.equal((await verdictOn(world, bundle, { logKeys: [key] })).failed, 'wrong_log_key');
  });

  test('a key that was revoked before signs nothing', async () => {
    const world = createEvidenceWorld();
    const { key, producer, marker } = writeLane(world);
    world.fact({ kind: 'key_revoked', key_id: key.keyId });
    const revoked = world.mark();
    const late = world.write(producer.record('data', [eventParts()]).value);
    const honest = [world.show(revoked), world.show(late, 'all')];
    assert.equal((await verdictOn(world, await world.bundle(honest))).failed, 'revoked_key');
    const hidden = [world.show(marker), world.show(late, 'all')];
    const verdict = await verdictOn(world, await world.bundle(hidden));
    assert.equal(verdict.verified, false);
    assert.equal(verdict.failed, 'key_status_unproven');
  });

  test('a revocation that comes later leaves what was signed before it, where all in between is shown', async () => {
    const world = createEvidenceWorld();
    const { key, all } = writeLane(world);
    world.fact({ kind: 'key_revoked', key_id: key.keyId });
    world.mark();
    const verdict = await verdictOn(world, await world.bundle(all.map((record) => world.show(record, 'all'))));
    assert.equal(verdict.verified, true, verdict.message);
  });

  test('a registry without its last entries, or without one in the middle, is noticed', async () => {
    const world = createEvidenceWorld();
    const { all } = writeLane(world);
    world.fact({ kind: 'organization', organization_id: 'acme', name: 'Acme' });
    const shown = [...all.map((record) => world.show(record, 'all')), world.show(world.mark())];
    const bundle = await world.bundle(shown);
    const cut = { ...bundle, registry: { ...bundle.registry, records: [] } };
    assert.equal((await verdictOn(world, cut)).failed, 'registry_truncated');
    const hole = { ...bundle, registry: { ...bundle.registry, records: bundle.registry.records.slice(1) } };
    assert.equal((await verdictOn(world, hole)).failed, 'registry_truncated');
  });

  test('of another producer, or for another organization, sign nothing', async () => {
    const world = createEvidenceWorld();
    const key = newKey();
    world.register(key, 'shop', { organizations: ['globex'] });
    const marker = world.mark();
    const producer = testProducer({ key });
    const open = world.write(producer.open());
    const data = world.write(producer.record('data', [eventParts()]).value);
    const shown = [world.show(marker), world.show(open), world.show(data, 'all')];
    assert.equal((await verdictOn(world, await world.bundle(shown))).failed, 'key_not_permitted');
  });
});

describe('what is altered', () => {
  test('an event under a record that never held it', async () => {
    const world = createEvidenceWorld();
    const { all, batches } = writeLane(world);
    const bundle = await world.bundle(all.map((record) => world.show(record, 'all')));
    const records = bundle.logs[0]!.runs[0]!.records;
    [records[2]!.events, records[4]!.events] = [records[4]!.events, records[2]!.events];
    assert.equal((await verdictOn(world, bundle)).failed, 'event_altered');
    assert.equal(batches.length, 3);
  });

  test('an erased part needs an erasure that was signed by the gateway', async () => {
    const world = createEvidenceWorld();
    const { all, batches, marker } = writeLane(world);
    const gatewayKey = newKey();
    world.register(gatewayKey, 'gateway');
    const second = world.mark();
    const hash = (await verdictHash(world, batches[1]!))!;
    const gateway = testProducer({ key: gatewayKey, producerId: 'gateway', lane: 1 });
    const open = world.write(gateway.open());
    const list = world.write(gateway.record('data', [world.erasureParts(hash, 2, 'identity')]).value);
    const erased = (at: number, name: string): boolean => at === 2 && name === 'identity';
    const shown = all.map((record) => world.show(record, 'all', record === batches[1] ? erased : undefined));
    const without = await verdictOn(world, await world.bundle(shown));
    assert.equal(without.failed, 'unlisted_erasure');
    const evidence = [world.show(second), world.show(open), world.show(list, 'all')];
    const verdict = await verdictOn(world, await world.bundle([...shown, ...evidence]));
    assert.equal(verdict.verified, true, verdict.message);
    assert.equal(verdict.checks.signature.erasedParts, 1);
    assert.match(verdict.checks.signature.message, /1 part erased/);
    assert.equal(verdict.events.find(({ index, record }) => index === 2 && record === 3)?.identity, 'erased');
    assert.equal(marker.index, 0);
  });

  test('a list of erasures by a producer that is not the gateway erases nothing', async () => {
    const world = createEvidenceWorld();
    const { all, batches, producer } = writeLane(world);
    const hash = (await verdictHash(world, batches[1]!))!;
    const list = world.write(producer.record('data', [world.erasureParts(hash, 2, 'identity')]).value);
    const erased = (at: number, name: string): boolean => at === 2 && name === 'identity';
    const shown = all.map((record) => world.show(record, 'all', record === batches[1] ? erased : undefined));
    const verdict = await verdictOn(world, await world.bundle([...shown, world.show(list, 'all')]));
    assert.equal(verdict.failed, 'unlisted_erasure');
  });
});

/** The header hash of a record, as its successor names it. */
async function verdictHash(world: ReturnType<typeof createEvidenceWorld>, record: { index: number }) {
  const next = world.records[record.index + 1]!;
  return world.headerOf(next).prev.toString('hex');
}

describe('the log', () => {
  test('that was not asked is no proof: what is not sealed is not verified', async () => {
    const world = createEvidenceWorld();
    const lane = writeLane(world);
    const verdict = await verdictOn(
      world,
      await world.bundle(
        lane.all.map((record) => world.show(record, 'all')),
        { sealed: false },
      ),
    );
    assert.equal(verdict.checks.signature.verified, true);
    assert.deepEqual(verdict.checks.inclusion.available, false);
    assert.deepEqual([verdict.verified, verdict.tampered, verdict.failed], [false, false, 'no_checkpoint']);
  });

  test('records at other indices, or that it never held, are not in it', async () => {
    const world = createEvidenceWorld();
    const { all } = writeLane(world);
    const note = await world.noteOf(world.log);
    const bundle = await world.bundle(all.map((record) => world.show(record, 'all')));
    bundle.logs[0]!.runs[0]!.records[3]!.appendTimeMs += 1;
    assert.equal((await verdictOn(world, bundle)).failed, 'not_in_log');
    world.write(testProducer().open());
    const grown = await world.bundle(
      world.records.map((record) => world.show(record)),
      { note },
    );
    assert.equal((await verdictOn(world, grown)).checks.inclusion.failed, 'not_in_log');
  });

  test('a checkpoint of another log, another key, with a forged cosignature, or too few, is named', async () => {
    const world = createEvidenceWorld();
    const { all } = writeLane(world);
    const shown = all.map((record) => world.show(record, 'all'));
    const failed = async (note: string) => (await verdictOn(world, await world.bundle(shown, { note }))).failed;
    assert.equal(await failed(await world.noteOf(world.registryLog)), 'wrong_origin');
    assert.equal(await failed(await world.noteOf(world.log, world.witnesses, newKey())), 'wrong_log_key');
    assert.equal(await failed(await world.noteOf(world.log, [world.witnesses[0]!])), 'too_few_witnesses');
    const impostor = testWitness('w1.example/witness');
    const forged = { ...world.witnesses[0]!, key: impostor.key };
    assert.equal(await failed(await world.noteOf(world.log, [forged, world.witnesses[1]!])), 'forged_checkpoint');
  });

  test('another tree of a size that was seen before is a fork; an older registry is a rollback', async () => {
    const world = createEvidenceWorld();
    const { all } = writeLane(world);
    const bundle = await world.bundle(all.map((record) => world.show(record, 'all')));
    const root = Buffer.alloc(32, 7);
    const { origin, size } = world.log;
    assert.equal((await verdictOn(world, bundle, { seen: [{ origin, size, root }] })).failed, 'fork');
    const newer = { origin: world.registryLog.origin, size: 9, root };
    assert.equal((await verdictOn(world, bundle, { seen: [newer] })).failed, 'rollback');
  });
});

describe('completeness', () => {
  test('a record that is left out of a range is noticed', async () => {
    const world = createEvidenceWorld();
    const { all } = writeLane(world);
    const shown = all.filter((_, at) => at !== 3).map((record) => world.show(record, 'all'));
    const verdict = await verdictOn(world, await world.bundle(shown, { range: [0, 6] }));
    assert.equal(verdict.failed, 'range_incomplete');
    const unsaid = await verdictOn(world, await world.bundle(shown));
    assert.deepEqual([unsaid.verified, unsaid.tampered, unsaid.failed], [false, false, 'unlinked']);
  });

  test('a hole in the producer’s own numbering is a gap, though the log is whole', async () => {
    const world = createEvidenceWorld();
    const key = newKey();
    world.register(key, 'shop');
    const marker = world.mark();
    const producer = testProducer({ key });
    const open = world.write(producer.open());
    const first = world.write(producer.data(2));
    producer.data(3);
    const third = world.write(producer.data(2));
    const shown = [marker, open, first, third].map((record) => world.show(record, 'all'));
    const verdict = await verdictOn(world, await world.bundle(shown));
    assert.equal(verdict.failed, 'gap');
    assert.match(verdict.message, /sequences 2 to 4 are missing/);
  });

  test('two records in one place are equivocation; the same record twice is one', async () => {
    const world = createEvidenceWorld();
    const { all, producer, batches } = writeLane(world);
    const again = world.write(batches[2]!.value);
    const shown = [...all, again].map((record) => world.show(record, 'all'));
    assert.equal((await verdictOn(world, await world.bundle(shown))).verified, true);
    const header = world.headerOf(batches[2]!);
    const other = producer.record('data', [eventParts()], { prev: header.prev, first_seq: header.first_seq });
    const forked = [...shown, world.show(world.write(other.value))];
    assert.equal((await verdictOn(world, await world.bundle(forked))).failed, 'equivocation');
  });
});
