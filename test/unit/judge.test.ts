import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import type { Judged } from '../../services/core/judge/index.js';
import { createSealer } from '../../services/core/seal/index.js';
import { decodeFrame } from '../../services/core/wire/index.js';
import { audience, eventParts, newKey, nowMs, testPartition, testProducer, testRegistry } from '../support/judging.js';

/** A partition with one registered producer and its marker. */
function setting(change: Parameters<ReturnType<typeof testRegistry>['register']>[2] = {}) {
  const registry = testRegistry();
  const producer = testProducer();
  registry.register(producer.key, producer.producerId, change);
  const partition = testPartition(registry);
  partition.mark();
  return { registry, producer, partition };
}

const codes = (judged: Judged): string[] => judged.findings.map(({ code }) => code);
const summary = ({ disposition, reason, accepted, faults }: Judged) => ({
  disposition,
  reason,
  accepted,
  faults: faults.map((fault) => `${fault.index} ${fault.reason}`),
});

describe('a record in order', () => {
  test('is accepted with every event, and control records with none', () => {
    const { producer, partition } = setting();
    assert.equal(partition.write(producer.open()).disposition, 'accepted');
    const judged = partition.write(producer.data(3));
    assert.deepEqual(summary(judged), { disposition: 'accepted', reason: undefined, accepted: [0, 1, 2], faults: [] });
    assert.deepEqual(codes(partition.write(producer.heartbeat())), []);
    assert.deepEqual(partition.state.lanes.size, 2);
  });

  test('needs no look-up however many came before', () => {
    const { producer, partition } = setting();
    partition.write(producer.open());
    for (let n = 0; n < 1_100; n += 1) assert.deepEqual(codes(partition.write(producer.heartbeat())), []);
    assert.equal(partition.historyAsked, 0);
  });

  test('judging changes nothing: the same input gives the same verdict', () => {
    const { producer, partition } = setting();
    partition.write(producer.open());
    const value = producer.data(2);
    assert.deepEqual(summary(partition.judgeOnly(value)), summary(partition.judgeOnly(value)));
    assert.equal(partition.write(value).disposition, 'accepted');
  });
});

describe('a record is quarantined whole', () => {
  const cases: [string, string, (s: ReturnType<typeof setting>) => Judged][] = [
    [
      'bytes that are no batch',
      'bad_frame',
      ({ partition }) => partition.write(Buffer.from('{"action":"auth.login"}')),
    ],
    ['a tombstone', 'bad_frame', ({ partition }) => partition.write(Buffer.alloc(0))],
    ['a cut record', 'non_canonical', ({ producer, partition }) => partition.write(producer.data(1).subarray(0, -1))],
    [
      'bytes after the record',
      'non_canonical',
      ({ producer, partition }) => partition.write(Buffer.concat([producer.data(1), Buffer.from([0])])),
    ],
    [
      'another deployment’s record',
      'wrong_audience',
      ({ producer, partition }) =>
        partition.write(producer.record('data', [eventParts()], { audience: 'other/log' }).value),
    ],
    [
      'a record signed for another partition',
      'wrong_partition',
      ({ producer, partition }) => partition.write(producer.record('data', [eventParts()], { partition: 3 }).value),
    ],
    ['an unknown key', 'unknown_key', ({ partition }) => partition.write(testProducer().open())],
    [
      'a key that speaks as another producer',
      'key_not_permitted',
      ({ producer, partition }) => partition.write(testProducer({ key: producer.key, producerId: 'bank' }).open()),
    ],
    [
      'a marker by a producer',
      'key_not_permitted',
      ({ producer, partition }) =>
        partition.write(producer.record('registry', [], { first_seq: 0, registry: 0 }).value),
    ],
    [
      'a changed event',
      'bad_root',
      ({ producer, partition }) => {
        const value = Buffer.from(producer.data(1));
        const { parts } = decodeFrame(value);
        value[parts[1]! - 1]! ^= 1;
        return partition.write(value);
      },
    ],
    [
      'a changed signature',
      'bad_signature',
      ({ producer, partition }) => {
        const value = Buffer.from(producer.data(1));
        value[value.length - 1]! ^= 1;
        return partition.write(value);
      },
    ],
    [
      'a count that is not the events’',
      'bad_header',
      ({ producer, partition }) => partition.write(producer.record('heartbeat', [eventParts()]).value),
    ],
  ];
  for (const [what, reason, judged] of cases) {
    test(`${what}: ${reason}`, () => {
      const s = setting();
      const verdict = judged(s);
      assert.equal(verdict.disposition, 'quarantined');
      assert.equal(verdict.reason, reason);
      assert.equal(verdict.change.kind, 'none');
      assert.equal(
        s.partition.write(testProducer({ key: s.producer.key }).open()).disposition,
        'accepted',
        'stops nothing else',
      );
    });
  }

  test('before the first marker: no_registry', () => {
    const registry = testRegistry();
    const producer = testProducer();
    registry.register(producer.key, producer.producerId);
    assert.equal(testPartition(registry).write(producer.open()).reason, 'no_registry');
  });

  test('a marker that points below the one before it: marker_regressed', () => {
    const { registry, partition } = setting();
    registry.register(newKey(), 'other');
    assert.equal(partition.mark(1).disposition, 'accepted');
    assert.equal(partition.mark(0).reason, 'marker_regressed');
  });
});

describe('the registry holds marker to marker', () => {
  test('a key counts from its marker on, and a revoked one until the marker of its revocation', () => {
    const registry = testRegistry();
    const partition = testPartition(registry);
    const producer = testProducer();
    registry.register(newKey(), 'someone');
    partition.mark();
    registry.register(producer.key, producer.producerId);
    const open = producer.open();
    assert.equal(partition.write(open).reason, 'unknown_key');
    partition.mark();
    assert.equal(partition.write(open).disposition, 'accepted', 'released: the same bytes again');
    registry.append({ kind: 'key_revoked', key_id: producer.key.keyId });
    assert.equal(partition.write(producer.data(1)).disposition, 'accepted', 'no marker yet');
    partition.mark();
    assert.equal(partition.write(producer.data(1)).reason, 'revoked_key');
  });

  test('a reader that does not hold the entry of a marker waits for it', () => {
    const registry = testRegistry();
    registry.register(newKey(), 'someone');
    assert.throws(() => testPartition(registry).mark(1), /waits for registry entry 1/);
  });

  test('only the root key can make a reader wait', () => {
    const { producer, partition } = setting();
    const forged = producer.record('registry', [], { first_seq: 0, registry: 1_000_000 }).value;
    assert.equal(partition.write(forged).reason, 'key_not_permitted');
  });
});

describe('events are judged one by one', () => {
  test('a bad event is quarantined, its neighbours enter', () => {
    const { producer, partition } = setting({ organizations: ['acme'], scopes: ['organization'] });
    partition.write(producer.open());
    const good = eventParts();
    const future = eventParts({ occurred_at: new Date(nowMs + 601_000).toISOString() });
    const elsewhere = eventParts({ organization_id: 'rival' });
    const system = eventParts({ scope: 'system', organization_id: '' });
    const trailing = { ...good, body: Buffer.concat([good.body, Buffer.from([0])]) };
    const judged = partition.write(
      producer.record('data', [good, future, elsewhere, system, trailing, eventParts()]).value,
    );
    assert.deepEqual(summary(judged), {
      disposition: 'partial',
      reason: undefined,
      accepted: [0, 5],
      faults: ['1 future_time', '2 organization_not_permitted', '3 scope_not_permitted', '4 non_canonical'],
    });
  });

  test('a record sent again is a duplicate; what was refused then is judged again', () => {
    const { producer, partition } = setting();
    partition.write(producer.open());
    const future = eventParts({ occurred_at: new Date(nowMs + 601_000).toISOString() });
    const value = producer.record('data', [eventParts(), future]).value;
    assert.deepEqual(partition.write(value).accepted, [0]);
    const again = partition.write(value);
    assert.deepEqual([again.disposition, again.accepted, again.duplicates], ['duplicate', [], 1]);
    const later = partition.write(value, nowMs + 60_000);
    assert.deepEqual([later.disposition, later.accepted, later.duplicates], ['duplicate', [1], 1]);
    assert.deepEqual(partition.write(value, nowMs + 60_000).duplicates, 2);
  });
});

describe('lanes', () => {
  test('another record over the same sequences is equivocation', () => {
    const { producer, partition } = setting();
    partition.write(producer.open());
    const { prev, seq } = producer.place;
    partition.write(producer.data(2));
    Object.assign(producer.place, { prev: randomBytes(32), seq });
    const judged = partition.write(producer.data(1));
    assert.equal(judged.reason, 'equivocation');
    assert.deepEqual(codes(judged), ['equivocation']);
    assert.notEqual(prev, producer.place.prev);
  });

  test('two records after one prev are equivocation', () => {
    const { producer, partition } = setting();
    partition.write(producer.open());
    const place = { ...producer.place };
    partition.write(producer.heartbeat());
    Object.assign(producer.place, place);
    assert.equal(partition.write(producer.data(1)).reason, 'equivocation');
  });

  test('a hole is accepted with a finding, and closed by the record that was missing', () => {
    const { producer, partition } = setting();
    partition.write(producer.open());
    const missing = producer.data(5);
    const after = partition.write(producer.data(1));
    assert.deepEqual([after.disposition, codes(after)], ['accepted', ['gap']]);
    assert.deepEqual(codes(partition.write(producer.data(1))), [], 'told once');
    const late = partition.write(missing);
    assert.deepEqual([late.disposition, late.accepted.length, codes(late)], ['accepted', 5, ['gap_closed']]);
    assert.deepEqual(codes(partition.write(producer.heartbeat())), []);
  });

  test('an epoch without its open record is told', () => {
    const { producer, partition } = setting();
    producer.open();
    assert.deepEqual(codes(partition.write(producer.data(1))), ['missing_open']);
  });

  test('two epochs that continue one prev are a finding, not a fault', () => {
    const { producer, partition } = setting();
    partition.write(producer.open());
    const { prev } = producer.place;
    const [one, two] = [testProducer({ key: producer.key }), testProducer({ key: producer.key })];
    one.place.prev = prev;
    two.place.prev = prev;
    assert.deepEqual(codes(partition.write(one.open())), []);
    const forked = partition.write(two.open());
    assert.deepEqual([forked.disposition, codes(forked)], ['accepted', ['epoch_fork']]);
  });

  test('a record older than the memory is looked up', () => {
    const { producer, partition } = setting();
    partition.write(producer.open());
    const old = producer.data(1);
    const { headerHash } = decodeOf(partition.write(old));
    for (let n = 0; n < 1_100; n += 1) partition.write(producer.heartbeat());
    const known = { hash: headerHash.toString('hex'), prev: '', accepted: [0] };
    const judged = partition.write(old, nowMs, ({ headerHash: asked }) => ({
      same: asked === known.hash ? known : undefined,
      prevUsedInLane: false,
      prevUsedInEpoch: undefined,
    }));
    assert.equal(judged.disposition, 'duplicate');
    assert.equal(partition.historyAsked, 1);
  });
});

const decodeOf = ({ decoded }: Judged) => decoded!;

test('the audience is part of what is signed', () => {
  const { registry, producer, partition } = setting();
  const seal = createSealer(producer.key);
  const sealed = seal(
    {
      audience: `${audience}x`,
      producer_id: producer.producerId,
      epoch: randomBytes(16),
      lane: 0,
      lanes: 1,
      partition: 0,
      kind: 'open',
      first_seq: 0,
      prev: Buffer.alloc(32),
      created_at: 0,
    },
    [],
    randomBytes(32),
  );
  assert.equal(partition.write(sealed.value).reason, 'wrong_audience');
  assert.equal(registry.registry.newest, 0);
});
