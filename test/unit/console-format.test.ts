import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatBytes, formatMoment, repeated, sentence } from '../../services/console/src/ui/format.js';

describe('a moment, as short as it may be', () => {
  const now = new Date(2026, 10, 21, 20, 50, 0).getTime();
  const shown = (at: Date): string => formatMoment(at.getTime(), now, 'en-GB');

  test('has seconds today, for what follows each other within a minute', () => {
    assert.equal(shown(new Date(2026, 10, 21, 20, 49, 46)), '20:49:46');
  });

  test('has its day where that is another, and its year where that is', () => {
    assert.match(shown(new Date(2026, 10, 20, 20, 49, 46)), /^20 Nov,? (at )?20:49$/);
    assert.match(shown(new Date(2025, 10, 20, 20, 49, 46)), /^20 Nov 2025,? (at )?20:49$/);
  });
});

test('what begins in the middle of a sentence can be one', () => {
  assert.equal(sentence('no event with this id'), 'No event with this id');
  assert.equal(sentence(''), '');
});

test('few bytes are counted in words, many in short', () => {
  assert.equal(formatBytes(12, 'en-GB'), '12 bytes');
  assert.equal(formatBytes(11_900, 'en-GB'), '11.9 kB');
});

test('names that two go by are found', () => {
  assert.deepEqual([...repeated(['ci', 'sync', 'ci', 'ci', 'mobile'])], ['ci']);
});
