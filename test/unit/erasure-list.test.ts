import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  eraseFrame,
  isNamed,
  type ListedPart,
  listedIn,
  nothingErased,
  obey,
  partOf,
  readFrame,
  relatedOf,
  saltsOfFrame,
} from '../../services/core/erasure/index.js';
import { createLeafHasher, sha256 } from '../../services/core/seal/index.js';
import { encodeEvent, limits, part, partTags } from '../../services/core/wire/index.js';
import { createRing } from '../../services/gateway/live/ring.js';
import { eventParts, testPartition, testProducer, testRegistry } from '../support/judging.js';

const hashOf = (number: number): string => sha256(String(number)).toString('hex');
const keyOf = ({ headerHash, index, part: name }: ListedPart): string => `${headerHash}/${index}/${name}`;

describe('the list of erased parts', () => {
  const parts: ListedPart[] = Array.from({ length: 3_000 }, (_, at) => ({
    headerHash: hashOf(at % 700),
    index: (at * 7) % 1_000,
    part: at % 3 === 0 ? 'content' : 'identity',
  }));

  test('comes back from related as it went in, whatever number of events it takes', () => {
    const events = relatedOf(parts);
    assert.ok(events.length > 1);
    assert.deepEqual(events.flatMap(listedIn).map(keyOf).sort(), [...new Set(parts.map(keyOf))].sort());
    for (const one of parts) assert.ok(events.some((related) => isNamed(related, one)));
  });

  test('of one event fits into a body with its other fields', () => {
    for (const related of relatedOf(parts)) {
      const event = { id: Buffer.alloc(16), occurred_at: 0, scope: 'system', organization_id: '', application_id: '' };
      const rest = { actor_type: 'system', actor_id: 'gateway', action: 'erasure.listed', kind: 'event' };
      const more = {
        target_type: 'erasure',
        target_id: 'x'.repeat(36),
        outcome: 'success',
        reason: '',
        auth_method: '',
      };
      const last = {
        service: 'gateway',
        correlation_id: 'x'.repeat(36),
        request_id: '',
        trace_id: '',
        details_schema: '',
      };
      const { body } = encodeEvent({
        body: { ...event, ...rest, ...more, ...last, related } as never,
        identity: {
          actor_name: '',
          actor_email: '',
          target_name: '',
          ip: Buffer.alloc(0),
          user_agent: '',
          session_id: '',
        },
        content: { message: '', path: '', details: '', before: '', after: '' },
      });
      assert.ok(body.length <= limits.bodyBytes, `${body.length}`);
    }
  });

  test('names nothing but what it says', () => {
    const [related] = relatedOf([{ headerHash: hashOf(1), index: 5, part: 'identity' }]);
    const named = (one: ListedPart): boolean => isNamed(related!, one);
    assert.ok(named({ headerHash: hashOf(1), index: 5, part: 'identity' }));
    assert.ok(!named({ headerHash: hashOf(1), index: 5, part: 'content' }));
    assert.ok(!named({ headerHash: hashOf(1), index: 4, part: 'identity' }));
    assert.ok(!named({ headerHash: hashOf(2), index: 5, part: 'identity' }));
    for (const type of ['erased_identity:', 'erased_identity:5,', 'erased_both:5', 'erased_identity:5 ', 'x']) {
      assert.ok(!isNamed([{ type, id: hashOf(1) }], { headerHash: hashOf(1), index: 5, part: 'identity' }), type);
    }
    assert.ok(!isNamed([{ type: 'erased_identity:5', id: 'AB' }], { headerHash: 'AB', index: 5, part: 'identity' }));
  });
});

describe('a record with erased parts', () => {
  const registry = testRegistry();
  const { key } = testProducer();
  registry.register(key, 'shop');
  const partition = testPartition(registry, 0);
  const marker = testProducer({ key: registry.rootKey, producerId: 'registry' });
  const producer = testProducer({ key });
  partition.write(marker.record('registry', [], { first_seq: 0, registry: registry.registry.newest }).value);
  partition.write(producer.open());
  const events = [1, 2, 3].map((at) =>
    eventParts({
      organization_id: 'acme',
      action: 'a.b',
      actor: { id: `u${at}`, email: `${at}@x.org` },
      message: `m${at}`,
    }),
  );
  const judged = partition.write(producer.record('data', events).value);
  const hash = judged.decoded!.headerHash.toString('hex');
  const list = (of: readonly string[]) => ({
    records: of.length,
    names: (headerHash: string) => headerHash === hash,
    has: (_: string, index: number, name: string) => of.includes(`${index}/${name}`),
  });

  test('has the leaves that it had, and neither the bytes nor the salt of what was erased', () => {
    const kept = obey(judged, list(['1/identity', '2/content']));
    const { frame, salts } = kept.opened!;
    assert.equal(frame.form, 'erased');
    assert.deepEqual(createLeafHasher().ofFrame(frame).leaves, judged.opened!.leaves);
    assert.ok(!frame.value.includes('2@x.org') && !frame.value.includes('m3'));
    assert.ok(frame.value.includes('1@x.org') && frame.value.includes('m2'));
    assert.ok(salts.subarray(32, 48).equals(Buffer.alloc(16)));
    assert.ok(salts.subarray(80, 96).equals(Buffer.alloc(16)));
    assert.deepEqual(salts.subarray(0, 32), judged.opened!.salts.subarray(0, 32));
    assert.equal(frame.parts[part.stride + part.identityTag], partTags.digest);
  });

  test('erased further stays as it was where it was erased', () => {
    const once = obey(judged, list(['1/identity'])).opened!.frame;
    const twice = eraseFrame({ frame: once, salts: saltsOfFrame(once) }, (index) => index === 0)!;
    const read = readFrame(twice.frame.value);
    assert.deepEqual(createLeafHasher().ofFrame(read).leaves, judged.opened!.leaves);
    assert.ok(partOf({ frame: read, salts: saltsOfFrame(read) }, 1, 'identity').erased);
    assert.equal(
      eraseFrame({ frame: read, salts: saltsOfFrame(read) }, (index) => index === 0),
      undefined,
    );
  });

  test('that no list names passes as it is', () => {
    assert.equal(obey(judged, nothingErased), judged);
    assert.equal(obey(judged, { ...list(['9/identity']), names: () => false }), judged);
  });
});

test('a live ring forgets up to an erased record and keeps what came after it', () => {
  const ring = createRing({ start: 5, maxBytes: 1_000 });
  const at = (offset: number) => [{ offset, idx: 0 }] as never;
  for (const offset of [5, 6, 7]) ring.push(offset, at(offset), 10);
  ring.forget(3);
  assert.equal(ring.from, 5);
  ring.forget(6);
  assert.equal(ring.from, 7);
  assert.deepEqual(
    ring.read({ offset: 7, idx: 0 }, 10).map(({ offset }) => offset),
    [7],
  );
  ring.forget(8);
  assert.equal(ring.from, 7);
  ring.push(8, at(8), 10);
  assert.deepEqual(
    ring.read({ offset: 7, idx: 0 }, 10).map(({ offset }) => offset),
    [7, 8],
  );
});
