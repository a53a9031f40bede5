import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Quarantined } from '../../services/console/src/manage/quarantine/types.js';
import {
  becameOf,
  doneWord,
  hexLimits,
  hexLines,
  readPlace,
  refusedWord,
  stateWord,
} from '../../services/console/src/manage/quarantine/words.js';

const header = {
  kind: 'data',
  producer_id: 'shop',
  key_id: '',
  epoch: '',
  lane: 0,
  first_seq: 0,
  count: 3,
  header_hash: '',
};
const record = (more: Partial<Quarantined> = {}): Quarantined => ({
  partition: 0,
  offset: 7,
  incarnation: '',
  appended_at: '2026-01-02T03:04:05.000Z',
  disposition: 'quarantined',
  reason: 'unknown_key',
  detail: '',
  refused_events: 0,
  bytes: 10,
  value_hash: '',
  header,
  state: 'open',
  decision: null,
  outcome: null,
  ...more,
});
const outcome = (kind: NonNullable<Quarantined['outcome']>['kind']): Quarantined['outcome'] => ({
  kind,
  offset: kind === 'under_way' ? null : 9,
  at: null,
  reason: kind === 'refused_again' ? 'unknown_key' : null,
});

describe('the page of the quarantine', () => {
  test('says how much was refused', () => {
    assert.equal(refusedWord(record()), '3 events');
    assert.equal(refusedWord(record({ disposition: 'partial', refused_events: 1 })), '1 of 3 events');
    assert.equal(refusedWord(record({ header: null })), 'a record');
    assert.equal(refusedWord(record({ header: { ...header, kind: 'open', count: 0 } })), 'open record');
  });

  test('says what a record is, each with a shape of its own', () => {
    const all = [
      record(),
      record({ state: 'discarded' }),
      record({ outcome: outcome('under_way') }),
      record({ state: 'released', outcome: outcome('accepted') }),
      record({ outcome: outcome('refused_again') }),
    ].map(stateWord);
    assert.deepEqual(
      all.map(({ word }) => word),
      ['open', 'discarded', 'under way', 'accepted', 'refused again'],
    );
    assert.equal(new Set(all.map(({ shape }) => shape)).size, all.length);
  });

  test('says what became of a release, and where', () => {
    assert.equal(becameOf(record()), undefined);
    assert.match(becameOf(record({ outcome: outcome('accepted') }))!, /accepted at partition 0, offset 9/);
    assert.match(becameOf(record({ outcome: outcome('refused_again') }))!, /offset 9 \(unknown key\)/);
    assert.match(
      becameOf(record({ state: 'released', outcome: outcome('accepted_in_part') }))!,
      /set aside there again/,
    );
    assert.match(becameOf(record({ outcome: outcome('accepted_in_part') }))!, /still open/);
  });

  test('says of several what was done and why the others were not', () => {
    const refusal = { code: 'accepted', reason: null, detail: 'it is in the log', cure: '' };
    const done = { partition: 0, offset: 1, done: true, refusal: null };
    assert.equal(doneWord({ records: [done, done] }, 'discarded'), '2 records discarded');
    assert.equal(
      doneWord({ records: [done, { ...done, done: false, refusal }] }, 'discarded'),
      '1 record discarded; 1 not: it is in the log',
    );
  });

  test('reads a place from the address, and nothing else', () => {
    assert.deepEqual(readPlace('0/4711'), { partition: 0, offset: 4711 });
    for (const text of ['', '0', '0/', '/1', '0/-1', '0/1/2', 'a/b', '../x'])
      assert.equal(readPlace(text), undefined, text);
  });

  test('shows bytes in lines, as many as a page can bear', () => {
    assert.deepEqual(hexLines(Uint8Array.of(0xc3, 1, 0x41, 0x20, 0x7f)), [
      { at: '000000', hex: 'c3 01 41 20 7f', text: '··A ·' },
    ]);
    const many = hexLines(new Uint8Array(1_000_000));
    assert.equal(many.length, hexLimits.lines);
    assert.equal(many[1]!.at, '000010');
    assert.deepEqual(hexLines(new Uint8Array(0)), []);
  });
});
