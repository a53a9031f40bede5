import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import {
  batchColumns,
  decodeBatchRows,
  decodeEventRows,
  eventColumns,
  fetchRowBinary,
  rowToWire,
} from '../../services/core/rows/index.js';
import { createLeafHasher, expandSalts, merkleRoot, partDigest, sha256 } from '../../services/core/seal/index.js';
import {
  decodeFrame,
  decodeHeader,
  type ErasablePart,
  type EventParts,
  encodeErasedBatch,
  encodeEvent,
  encodeSignedBatch,
  part,
} from '../../services/core/wire/index.js';
import { arbitraryEvent } from '../support/arbitrary-event.js';
import {
  createDeliveryWorld,
  type DeliveryWorld,
  startTestConsumer,
  type TestConsumer,
} from '../support/delivering.js';
import { eventParts, newKey, testProducer } from '../support/judging.js';

const none = Buffer.alloc(0);

/** A record's value taken apart, to be changed and put together again. */
function opened(value: Buffer) {
  const frame = decodeFrame(value);
  const events = Array.from({ length: frame.count }, (_, index): EventParts => {
    const at = (slot: number): number => frame.parts[index * part.stride + slot]!;
    const bytes = (start: number): Buffer => value.subarray(at(start), at(start + 1));
    return { body: bytes(part.bodyStart), identity: bytes(part.identityStart), content: bytes(part.contentStart) };
  });
  return { header: frame.header, salt_seed: frame.saltSeed!, events, signature: frame.signature };
}

const altered = (bytes: Buffer, at = 0): Buffer => {
  const copy = Buffer.from(bytes);
  copy[at] = copy[at]! ^ 1;
  return copy;
};

describe('the consumer', () => {
  let world: DeliveryWorld;
  let consumer: TestConsumer;

  before(async () => {
    world = await createDeliveryWorld({ partitions: 2 });
    consumer = await startTestConsumer(world.config);
  });
  after(async () => {
    await consumer.stop();
    await world.remove();
  });

  interface BatchSummary {
    disposition: string;
    reason: string;
    accepted: number[];
    finding_codes: string[];
    events: number;
  }
  /** Publishes to partition 0 and says what became of each record. */
  const deliver = async (...values: (Buffer | null)[]): Promise<BatchSummary[]> => {
    const first = await world.publish(0, values);
    await world.delivered();
    return world.rows<BatchSummary>(
      `SELECT disposition, reason, accepted, finding_codes,
         ifNull((SELECT count() FROM events WHERE events.partition = 0 AND events.offset = batches.offset), 0) AS events
       FROM batches WHERE partition = 0 AND offset >= {first:UInt64} ORDER BY offset`,
      { first },
    );
  };
  const quarantined = (first: number) =>
    world.rows<{ reason: string; event_idx: number[]; event_reasons: string[]; hash: string; value: string }>(
      `SELECT reason, event_idx, event_reasons, lower(hex(value_hash)) AS hash, lower(hex(value)) AS value
       FROM quarantine WHERE partition = 0 AND offset >= {first:UInt64} ORDER BY offset`,
      { first },
    );

  test('rows encode again to the bytes that were signed, and their leaves to the root in the header', async () => {
    const key = await world.register('round-trip');
    const lane = testProducer({ key, producerId: 'round-trip' });
    const events = fc.sample(arbitraryEvent, 300).map((event) => eventParts(event));
    const large = eventParts({ details: { text: 'ü'.repeat(60_000) }, message: 'm'.repeat(3_000) });
    const bare = eventParts({ actor: {}, organization_id: 'acme' });
    const values = [
      lane.open(),
      lane.record('data', [...events, large, bare]).value,
      lane.record('data', [bare]).value,
    ];
    const first = await world.publish(0, values);
    await world.delivered();

    const params = { first, last: first + 2 };
    const where = 'WHERE partition = 0 AND offset BETWEEN {first:UInt64} AND {last:UInt64}';
    const { clickhouse } = world;
    const rows = decodeEventRows(
      await fetchRowBinary({
        clickhouse,
        query: `SELECT ${eventColumns.join(', ')} FROM events ${where} ORDER BY offset, idx`,
        params,
      }),
    );
    const batches = decodeBatchRows(
      await fetchRowBinary({
        clickhouse,
        query: `SELECT ${batchColumns.join(', ')} FROM batches ${where} ORDER BY offset`,
        params,
      }),
    );
    assert.deepEqual(
      rows.map((row) => encodeEvent(rowToWire(row))),
      [...events, large, bare, bare],
    );
    assert.deepEqual(
      rows.map(({ idx, seq }) => [idx, seq]),
      [...Array.from({ length: 302 }, (_, index) => [index, index]), [0, 302]],
    );
    for (const [index, row] of batches.entries()) {
      const frame = decodeFrame(values[index]!);
      const header = decodeHeader(frame.header);
      assert.deepEqual([row.header, row.signature, row.salt_seed], [frame.header, frame.signature, frame.saltSeed]);
      assert.deepEqual(row.value_hash, sha256(values[index]!));
      assert.deepEqual(row.incarnation, world.incarnation);
      assert.equal(row.disposition, 'accepted');
      assert.equal(row.record_kind, header.kind);
      assert.deepEqual([row.first_seq, row.count, row.lane], [header.first_seq, header.count, header.lane]);
      const own = rows.filter(({ offset }) => offset === row.offset).map((event) => encodeEvent(rowToWire(event)));
      const leaves = createLeafHasher().ofParts(own, expandSalts(row.salt_seed, own.length));
      assert.deepEqual(row.leaves, leaves);
      assert.deepEqual(merkleRoot(leaves), header.root);
    }
  });

  test('bad input is quarantined, each kind under its own reason and with its bytes, and stops nothing else', async () => {
    const key = await world.register('bad-input', newKey(), { organizations: ['acme'], scopes: ['organization'] });
    const revoked = await world.register('bad-input');
    const lane = testProducer({ key, producerId: 'bad-input' });
    const other = (change: Parameters<typeof lane.record>[2], by = lane) => {
      const { prev, seq } = by.place;
      const { value } = by.record('data', [eventParts()], change);
      Object.assign(by.place, { prev, seq });
      return value;
    };
    await world.registry.append({ kind: 'key_revoked', key_id: revoked.keyId });

    const good = opened(other({}));
    const long = eventParts({ details: 'd'.repeat(220_000) });
    const cases: [string, Buffer | null][] = [
      ['bad_frame', null],
      ['bad_frame', Buffer.from('not a record at all')],
      ['non_canonical', encodeSignedBatch(good).subarray(0, -10)],
      ['non_canonical', Buffer.concat([encodeSignedBatch(good), Buffer.from([0])])],
      ['limit_exceeded', encodeSignedBatch({ ...good, events: Array.from({ length: 5 }, () => long) })],
      ['bad_header', encodeSignedBatch({ ...good, header: none })],
      ['wrong_audience', other({ audience: 'somewhere.else/log' })],
      ['wrong_partition', other({ partition: 1 })],
      ['unknown_key', other({}, testProducer({ producerId: 'bad-input' }))],
      ['revoked_key', other({}, testProducer({ key: revoked, producerId: 'bad-input' }))],
      ['key_not_permitted', other({ producer_id: 'somebody-else' })],
      ['bad_signature', encodeSignedBatch({ ...good, signature: altered(good.signature) })],
      ['bad_root', encodeSignedBatch({ ...good, salt_seed: altered(good.salt_seed) })],
    ];
    const first = await world.publish(
      0,
      cases.map(([, value]) => value),
    );
    const [well] = await deliver(lane.record('data', [eventParts()]).value);
    assert.deepEqual([well!.disposition, well!.events], ['accepted', 1]);
    const rows = await quarantined(first);
    assert.deepEqual(
      rows.map(({ reason }) => reason),
      cases.map(([reason]) => reason),
    );
    for (const [index, { hash, value }] of rows.entries()) {
      const bytes = cases[index]![1] ?? none;
      assert.equal(value, bytes.toString('hex'));
      assert.equal(hash, sha256(bytes).toString('hex'));
    }
    const metrics = await consumer.metrics();
    assert.match(metrics, /sealstream_consumer_quarantined_total\{[^}]*reason="bad_signature"[^}]*\} 1\b/);
    assert.match(metrics, /sealstream_consumer_quarantined_total\{[^}]*reason="bad_frame"[^}]*\} 2\b/);
  });

  test('a refused event goes to quarantine by its index, and the rest of its record to events', async () => {
    const key = await world.register('partly', newKey(), { organizations: ['acme'], scopes: ['organization'] });
    const lane = testProducer({ key, producerId: 'partly' });
    const plain = eventParts();
    const events: [string, EventParts][] = [
      ['', plain],
      ['future_time', eventParts({ occurred_at: '2150-01-01T00:00:00Z' })],
      ['organization_not_permitted', eventParts({ organization_id: 'globex' })],
      ['scope_not_permitted', eventParts({ scope: 'system' })],
      ['', eventParts()],
      ['limit_exceeded', eventParts({ target: { id: 'x'.repeat(17_000) } })],
      ['non_canonical', { ...plain, body: Buffer.concat([plain.body, Buffer.alloc(1)]) }],
      ['non_canonical', { ...plain, identity: Buffer.alloc(6) }],
    ];
    const value = lane.record(
      'data',
      events.map(([, bytes]) => bytes),
    ).value;
    const first = await world.publish(0, [value]);
    const [again] = await deliver(value);
    const [row, ...others] = await quarantined(first);
    const refused = events.flatMap(([reason], index) => (reason === '' ? [] : [[index, reason]]));
    assert.deepEqual(
      row!.event_idx.map((index, at) => [index, row!.event_reasons[at]]),
      refused,
    );
    assert.equal(row!.reason, 'future_time');
    assert.deepEqual(others, [], 'the same bytes again are refused again, without a second row');
    assert.deepEqual([again!.disposition, again!.accepted, again!.events], ['duplicate', [], 0]);
    const stored = await world.rows<{ idx: number }>(
      'SELECT idx FROM events WHERE partition = 0 AND offset = {first:UInt64} ORDER BY idx',
      { first },
    );
    assert.deepEqual(stored, [{ idx: 0 }, { idx: 4 }]);
  });

  test('a record that comes again is stored once, even when its lane has forgotten it', async () => {
    const key = await world.register('again');
    const lane = testProducer({ key, producerId: 'again' });
    const values = [lane.open(), lane.data(5)];
    await deliver(...values);
    const [soon] = await deliver(values[1]!);
    assert.deepEqual([soon!.disposition, soon!.events, soon!.finding_codes], ['duplicate', 0, ['duplicate']]);
    await deliver(...Array.from({ length: 1_100 }, () => lane.data(1)));
    const [late] = await deliver(values[1]!);
    assert.deepEqual([late!.disposition, late!.events, late!.finding_codes], ['duplicate', 0, ['duplicate']]);
    assert.match(await consumer.metrics(), /sealstream_consumer_duplicates_dropped_total\{[^}]*\} \d+/);
  });

  test('what was refused for its key is taken when the same bytes come after the key', async () => {
    const key = newKey();
    const lane = testProducer({ key, producerId: 'released' });
    const values = [lane.open(), lane.data(2)];
    const early = await deliver(...values);
    assert.deepEqual(
      early.map(({ reason }) => reason),
      ['unknown_key', 'unknown_key'],
    );
    await world.register('released', key);
    const late = await deliver(...values);
    assert.deepEqual(
      late.map(({ disposition, events }) => [disposition, events]),
      [
        ['accepted', 0],
        ['accepted', 2],
      ],
    );
  });

  test('a hole is found and closed, other events under used sequences are refused', async () => {
    const key = await world.register('sequences');
    const lane = testProducer({ key, producerId: 'sequences' });
    const open = lane.open();
    const [one, two, three] = [lane.data(2), lane.data(2), lane.data(2)];
    const rows = await deliver(open, one, three, two);
    assert.deepEqual(
      rows.map(({ disposition, finding_codes }) => [disposition, finding_codes]),
      [
        ['accepted', []],
        ['accepted', []],
        ['accepted', ['gap']],
        ['accepted', ['gap_closed']],
      ],
    );
    const fork = lane.record('data', [eventParts()], { first_seq: 2 }).value;
    const [forked] = await deliver(fork);
    assert.deepEqual(
      [forked!.disposition, forked!.reason, forked!.finding_codes],
      ['quarantined', 'equivocation', ['equivocation']],
    );
    const metrics = await consumer.metrics();
    for (const code of ['gap', 'gap_closed', 'equivocation']) {
      assert.match(metrics, new RegExp(`sealstream_consumer_findings_total\\{[^}]*code="${code}"[^}]*\\} [1-9]`));
    }
  });

  test('of an ErasedBatch the salts it carries are kept, and an erasure that nothing names is refused', async () => {
    const key = await world.register('erased');
    const lane = testProducer({ key, producerId: 'erased' });
    const { value } = lane.record('data', [eventParts(), eventParts({ message: 'hello' })]);
    const signed = opened(value);
    const salts = expandSalts(signed.salt_seed, 2);
    const salted = (bytes: Buffer, at: number): ErasablePart =>
      bytes.length === 0
        ? { tag: 'empty', data: none }
        : { tag: 'salted', data: Buffer.concat([salts.subarray(at, at + 16), bytes]) };
    const events = signed.events.map(({ body, identity, content }, index) => ({
      body,
      identity: salted(identity, index * 32),
      content: salted(content, index * 32 + 16),
    }));
    const erasedIdentity: ErasablePart = {
      tag: 'digest',
      data: partDigest(salts.subarray(32, 48), signed.events[1]!.identity),
    };
    events[1]!.identity = erasedIdentity;
    const first = await world.publish(0, [
      encodeErasedBatch({ header: signed.header, events, signature: signed.signature }),
    ]);
    await world.delivered();
    const [batch] = await world.rows<{ disposition: string; accepted: number[]; salts: string; seed: string }>(
      `SELECT disposition, accepted, lower(hex(salts)) AS salts, salt_seed AS seed FROM batches WHERE partition = 0 AND offset = {first:UInt64}`,
      { first },
    );
    const kept = Buffer.alloc(64);
    if (events[0]!.identity.tag === 'salted') salts.copy(kept, 0, 0, 16);
    if (events[0]!.content.tag === 'salted') salts.copy(kept, 16, 16, 32);
    salts.copy(kept, 48, 48, 64);
    assert.deepEqual(batch, { disposition: 'partial', accepted: [0], salts: kept.toString('hex'), seed: '' });
    const [refused] = await quarantined(first);
    assert.deepEqual([refused!.event_idx, refused!.event_reasons], [[1], ['erasure_unlisted']]);
  });

  test('the group position ends at the end of the topic, and says that nothing is under way', async () => {
    await deliver(randomBytes(10));
    const admin = world.kafka.admin();
    await admin.connect();
    try {
      const [low] = (await admin.fetchTopicOffsets(world.topics.events)).filter(({ partition }) => partition === 0);
      for (let tries = 0; ; tries += 1) {
        const [topic] = await admin.fetchOffsets({ groupId: world.config.groupId, topics: [world.topics.events] });
        const { offset, metadata } = topic!.partitions.find(({ partition }) => partition === 0)!;
        if (offset !== low!.high && tries < 50) continue;
        assert.equal(offset, low!.high);
        assert.deepEqual(JSON.parse(metadata!), {
          v: 1,
          incarnation: world.incarnation.toString('hex'),
          generation: 0,
        });
        break;
      }
    } finally {
      await admin.disconnect();
    }
  });
});
