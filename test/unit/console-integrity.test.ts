import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gapsByProducer } from '../../services/console/src/integrity/gaps.js';
import { idOfKey, nameOfKey, partsOf, verifiedState } from '../../services/console/src/integrity/log.js';

const verified = (through_offset: number, checked_offset: number) => ({
  through_offset,
  checked_offset,
  checked_at: '2026-11-21T17:00:00Z',
});

describe('what the console says of the log', () => {
  test('tells what is wrong from what was not checked yet', () => {
    assert.equal(verifiedState(null, 4), 'none');
    assert.equal(verifiedState(verified(5, 5), 4), 'all');
    assert.equal(verifiedState(verified(5, 5), 5), 'behind');
    assert.equal(verifiedState(verified(5, 9), 4), 'wrong');
    assert.equal(verifiedState(verified(5, 5), undefined), 'all');
  });

  test('names shards and keys for people', () => {
    assert.deepEqual(partsOf(`${'0a'.repeat(16)}-3`), { label: 'partition 3', incarnation: '0a'.repeat(16) });
    assert.deepEqual(partsOf('registry'), { label: 'registry', incarnation: undefined });
    assert.equal(nameOfKey('a.example/w+0a0b0c0d+AQ+/='), 'a.example/w');
    assert.equal(idOfKey('a.example/w+0a0b0c0d+AQ+/='), '0a0b0c0d');
  });

  test('puts producers with something open first, and knows those without a finding', () => {
    const rows = gapsByProducer({
      found: new Map([
        ['a', 2],
        ['gone', 1],
      ]),
      closed: new Map([['a', 2]]),
      forked: new Map([['z', 1]]),
      producers: ['a', 'b', 'z'].map((producer_id) => ({ key_id: '', producer_id, name: producer_id.toUpperCase() })),
    });
    assert.deepEqual(
      rows.map(({ producerId, open, forked }) => [producerId, open, forked]),
      [
        ['z', 0, 1],
        ['gone', 1, 0],
        ['a', 0, 0],
        ['b', 0, 0],
      ],
    );
  });
});
