import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ErasedParts, isErasedForm, nothingErased, partOf } from '../../services/core/erasure/index.js';
import { headerHash } from '../../services/core/seal/index.js';
import { createLoneJudge } from '../../services/gateway/ingest/lone-judge.js';
import { advice } from '../../services/gateway/quarantine/advice.js';
import { totalsByReason } from '../../services/gateway/quarantine/answer.js';
import { eventAt, leastOf, obeyingBytes, openContents } from '../../services/gateway/quarantine/contents.js';
import { reasons } from '../../services/gateway/quarantine/list-request.js';
import { refusalByJudge, refusalByState } from '../../services/gateway/quarantine/refusal.js';
import {
  type Decision,
  type LaterRecord,
  outcomeOf,
  type SetAside,
} from '../../services/gateway/quarantine/set-aside.js';
import { eventParts, nowMs, testProducer, testRegistry } from '../support/judging.js';

const aside = (more: Partial<SetAside> = {}): SetAside => ({
  incarnation: '00'.repeat(16),
  partition: 0,
  offset: 10,
  appendTimeMs: 1_000,
  disposition: 'quarantined',
  reason: 'unknown_key',
  detail: '',
  refused: [],
  bytes: 1,
  valueHash: '',
  header: undefined,
  state: 'open',
  decision: undefined,
  later: [],
  ...more,
});
const partial = (more: Partial<SetAside> = {}): SetAside =>
  aside({
    disposition: 'partial',
    reason: 'future_time',
    refused: [1, 3].map((index) => ({ index, reason: 'future_time' as const, detail: '' })),
    ...more,
  });
const released = (publishedOffset?: number): Decision => ({
  kind: 'released',
  by: 'key',
  atMs: 2_000,
  reason: '',
  publishedHash: '',
  publishedOffset,
});
const later = (offset: number, disposition: LaterRecord['disposition'], accepted: number[] = []): LaterRecord => ({
  incarnation: '00'.repeat(16),
  offset,
  appendTimeMs: offset * 100,
  disposition,
  reason: disposition === 'quarantined' ? 'unknown_key' : '',
  accepted,
});
const kindOf = (record: SetAside) => {
  const outcome = outcomeOf(record);
  return outcome && [outcome.kind, outcome.record?.offset];
};

describe('what became of a record that was set aside', () => {
  test('is nothing, where nothing came again', () => {
    assert.equal(kindOf(aside()), undefined);
    assert.equal(kindOf(partial()), undefined);
    assert.equal(kindOf(aside({ later: [later(30, 'quarantined')] })), undefined, 'a producer’s own resend');
  });

  test('is under way until what was published is stored, whatever came before', () => {
    assert.deepEqual(kindOf(aside({ decision: released() })), ['under_way', undefined]);
    assert.deepEqual(kindOf(aside({ decision: released(40), later: [later(30, 'quarantined')] })), [
      'under_way',
      undefined,
    ]);
    assert.deepEqual(kindOf(aside({ decision: released(), later: [later(15, 'quarantined')] })), [
      'under_way',
      undefined,
    ]);
  });

  test('is said by the record further on, also where nobody noted its place', () => {
    for (const decision of [undefined, released(), released(40)]) {
      assert.deepEqual(kindOf(aside({ decision, later: [later(40, 'accepted', [0])] })), ['accepted', 40]);
    }
    assert.deepEqual(kindOf(aside({ decision: released(40), later: [later(40, 'partial', [0])] })), [
      'accepted_in_part',
      40,
    ]);
    assert.deepEqual(kindOf(aside({ decision: released(40), later: [later(40, 'quarantined')] })), [
      'refused_again',
      40,
    ]);
    const twice = [later(40, 'accepted', [0]), later(41, 'duplicate')];
    assert.deepEqual(kindOf(aside({ decision: released(41), later: twice })), ['accepted', 40]);
  });

  test('counts a partial record’s refused events, not the others', () => {
    assert.deepEqual(kindOf(partial({ later: [later(40, 'duplicate', [1, 3])] })), ['accepted', 40]);
    assert.deepEqual(kindOf(partial({ later: [later(40, 'duplicate', [1]), later(50, 'duplicate', [3])] })), [
      'accepted',
      50,
    ]);
    assert.deepEqual(kindOf(partial({ later: [later(40, 'duplicate', [1])] })), ['accepted_in_part', 40]);
    assert.deepEqual(kindOf(partial({ decision: released(40), later: [later(40, 'duplicate')] })), [
      'refused_again',
      40,
    ]);
  });
});

describe('a decision about a record', () => {
  const code = (record: SetAside, atMs = 3_000) => refusalByState(record, atMs)?.code;

  test('may be made while it is open, and once after a release that was cut short', () => {
    assert.equal(code(aside()), undefined);
    assert.equal(code(partial({ decision: released(40), later: [later(40, 'duplicate')] })), undefined);
    assert.equal(code(aside({ decision: released() })), 'under_way');
    assert.equal(code(aside({ decision: released() }), 60_000), undefined, 'nothing came of it');
    assert.equal(code(aside({ decision: released(40) }), 60_000), 'under_way', 'Kafka has it');
  });

  test('is refused for what is over', () => {
    assert.equal(
      code(aside({ state: 'discarded', decision: { ...released(), kind: 'discarded', reason: 'x' } })),
      'discarded',
    );
    assert.equal(code(aside({ state: 'released', later: [later(40, 'accepted', [0])] })), 'accepted');
    const again = aside({ state: 'released', decision: released(40), later: [later(40, 'quarantined')] });
    assert.equal(code(again), 'refused_again');
    assert.match(refusalByState(again, 0)!.cure, /offset 40/);
  });
});

describe('a release is judged first', () => {
  const registry = testRegistry();
  const producer = testProducer();
  producer.open();
  const value = producer.record('data', [eventParts(), eventParts({ organization_id: 'globex' })]).value;
  const judge = createLoneJudge({ deployment: registry.deployment, registry: registry.registry, now: () => nowMs });
  const refusal = (record: Parameters<typeof refusalByJudge>[0], bytes = value) => {
    const found = refusalByJudge(record, { header: openContents(bytes).header, judged: judge(bytes, 0) });
    return found && [found.code, found.reason];
  };

  test('as of now: unknown, permitted in part, permitted, revoked', () => {
    const other = testProducer();
    registry.register(other.key, 'other');
    assert.deepEqual(refusal(aside()), ['would_be_refused', 'unknown_key']);
    registry.register(producer.key, 'shop', { organizations: ['initech'] } as never);
    assert.deepEqual(
      refusal(aside()),
      ['would_be_refused', 'organization_not_permitted'],
      'no event would be accepted',
    );
    registry.register(producer.key, 'shop', { organizations: ['acme'] } as never);
    assert.equal(refusal(aside()), undefined);
    const refused = [{ index: 1, reason: 'organization_not_permitted' as const, detail: '' }];
    assert.deepEqual(refusal(partial({ refused })), ['would_be_refused', 'organization_not_permitted']);
    registry.register(producer.key, 'shop', { organizations: ['acme', 'globex'] } as never);
    assert.equal(refusal(partial({ refused })), undefined);
    registry.append({ kind: 'key_revoked', key_id: producer.key.keyId } as never);
    assert.deepEqual(refusal(aside()), ['would_be_refused', 'revoked_key']);
  });

  test('and of what the record alone does not show, by its reason', () => {
    assert.deepEqual(refusal(aside({ reason: 'equivocation' })), ['would_be_refused', 'equivocation']);
    assert.deepEqual(refusal(aside(), Buffer.from('no record')), ['would_be_refused', 'bad_frame']);
    const marker = testProducer({ key: registry.rootKey, producerId: 'registry' });
    const bytes = marker.record('registry', [], { registry: 0 }).value;
    assert.deepEqual(refusal(aside({ reason: 'marker_regressed' }), bytes), ['marker', undefined]);
  });
});

describe('what a record in quarantine holds', () => {
  const value = testProducer().record('data', [eventParts(), eventParts({ action: 'auth.logout' })]).value;
  const { open } = openContents(value);
  const hash = headerHash(open!.frame.header).toString('hex');
  const list: ErasedParts = {
    records: 1,
    names: (name) => name === hash,
    has: (name, index, part) => name === hash && index === 0 && part === 'identity',
  };

  test('is published without what the list names, and otherwise as it came', () => {
    assert.equal(obeyingBytes(value, nothingErased), value);
    assert.equal(obeyingBytes(value, { ...list, names: () => false }), value);
    const erased = obeyingBytes(value, list);
    assert.ok(isErasedForm(erased));
    const rest = openContents(erased).open!;
    assert.ok(partOf(rest, 0, 'identity').erased);
    assert.deepEqual(partOf(rest, 1, 'identity').bytes, partOf(open!, 1, 'identity').bytes);
    assert.deepEqual(obeyingBytes(erased, list), erased, 'once more changes nothing');
    assert.equal(leastOf([value, erased]), erased);
    assert.deepEqual(eventAt(rest, 0)?.erased, ['identity']);
    assert.equal(eventAt(rest, 0)?.actor.name, undefined);
  });

  test('is shown as far as it can be read', () => {
    assert.equal(eventAt(open!, 1)?.action, 'auth.logout');
    assert.deepEqual(openContents(Buffer.from('no record')), { open: undefined, header: undefined });
    const broken = testProducer().record('data', [{ ...eventParts(), body: Buffer.from([1, 2, 3]) }]).value;
    assert.equal(eventAt(openContents(broken).open!, 0), undefined);
  });
});

test('every reason has a cause and a cure', () => {
  for (const reason of reasons) {
    const { cause, cure } = advice[reason];
    assert.ok(cause.endsWith('.') && cure.endsWith('.'), reason);
  }
});

test('totals are a line for each reason, those with most to decide first', () => {
  const lines = totalsByReason([
    { reason: 'bad_root', state: 'discarded', records: 9 },
    { reason: 'unknown_key', state: 'open', records: 2 },
    { reason: 'unknown_key', state: 'released', records: 1 },
  ]);
  assert.deepEqual(lines, [
    { reason: 'unknown_key', open: 2, released: 1, discarded: 0 },
    { reason: 'bad_root', open: 0, released: 0, discarded: 9 },
  ]);
});
