import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Problem } from '../../services/gateway/errors.js';
import { bucketsOver, mostBuckets, readInterval, startOf } from '../../services/gateway/query/insight/interval.js';
import {
  readActorRequest,
  readFacetsRequest,
  readPageRequest,
  readTimeseriesRequest,
  readValuesRequest,
  withPath,
} from '../../services/gateway/query/insight/requests.js';

const now = { nowMs: Date.UTC(2026, 0, 8, 12) };
const us = (text: string): number => Date.parse(text) * 1_000;
const interval = (name: string) => readInterval({ name: 'interval', values: [name] });
const refused = (work: () => unknown, parameter: string): void =>
  assert.throws(work, (error) => error instanceof Problem && error.errors[0]!.parameter === parameter);

describe('buckets', () => {
  const range = (from: string, to: string) => ({ fromUs: us(from), toUs: us(to) });

  test('cover the whole time and no more, beginning at multiples of their width', () => {
    const buckets = bucketsOver(range('2026-01-01T00:07:00Z', '2026-01-01T00:31:00Z'), interval('10m'));
    assert.equal(buckets.count, 4);
    assert.equal(startOf(buckets, buckets.first), us('2026-01-01T00:00:00Z'));
    assert.equal(bucketsOver(range('2026-01-01T00:00:00Z', '2026-01-01T00:30:00Z'), interval('10m')).count, 3);
    assert.equal(bucketsOver(range('2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'), interval('10m')).count, 0);
  });

  test('of weeks begin on Mondays, also in 1970', () => {
    const buckets = bucketsOver(range('2026-01-01T00:00:00Z', '2026-01-31T00:00:00Z'), interval('1w'));
    assert.equal(startOf(buckets, buckets.first), us('2025-12-29T00:00:00Z'));
    assert.equal(bucketsOver(range('1970-01-01T00:00:00Z', '1970-01-10T00:00:00Z'), interval('1w')).first, 0);
  });

  test('are as wide as makes a hundred at most, where nobody says', () => {
    const wide = (from: string, to: string): string => bucketsOver(range(from, to), undefined).interval.name;
    assert.equal(wide('2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z'), '1m');
    assert.equal(wide('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'), '15m');
    assert.equal(wide('2026-01-01T00:00:00Z', '2026-01-08T00:00:00Z'), '3h');
    assert.equal(wide('2026-01-01T00:00:00Z', '2026-01-31T00:00:00Z'), '12h');
    assert.equal(wide('2016-01-01T00:00:00Z', '2026-01-01T00:00:00Z'), '52w');
    const longest = bucketsOver(range('1970-01-01T00:00:00Z', '2200-01-01T00:00:00Z'), undefined);
    assert.ok(longest.count <= mostBuckets);
  });

  test('are refused where they would be too many, naming a width that would do', () => {
    assert.throws(
      () => bucketsOver(range('2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'), interval('1m')),
      /interval: 1m makes 44640 buckets of that time, at most 2000; 12h would do/,
    );
    for (const bad of ['0m', '1', 'm', '1y', '-1h', '1000s', '1.5h', 'AUTO']) refused(() => interval(bad), 'interval');
    assert.equal(interval('auto'), undefined);
  });
});

describe('a request', () => {
  test('names the parameter that is wrong', () => {
    refused(() => readFacetsRequest({ fields: 'action,colour' }, now), 'fields');
    refused(() => readFacetsRequest({ fields: 'action,,ip' }, now), 'fields');
    refused(() => readFacetsRequest({ top: '0' }, now), 'top');
    refused(() => readFacetsRequest({ colour: 'red' }, now), 'colour');
    refused(() => readFacetsRequest({ labels: 'yes' }, now), 'labels');
    refused(() => readTimeseriesRequest({ by: 'nothing' }, now), 'by');
    refused(() => readTimeseriesRequest({ top: '3' }, now), 'top');
    refused(() => readTimeseriesRequest({ by: 'outcome', top: '21' }, now), 'top');
    refused(() => readValuesRequest('colour', {}, now), 'field');
    refused(() => readValuesRequest('action', { prefix: 'x'.repeat(300) }, now), 'prefix');
    refused(() => readValuesRequest('action', { limit: '101' }, now), 'limit');
    refused(() => readPageRequest({ at: 'then' }, now, { at: true }), 'at');
    refused(() => readPageRequest({ at: 'now' }, now, { at: false }), 'at');
    for (const zone of ['Mars/Olympus', '+02:00', 'Europe/Berlin; DROP TABLE', 'x'.repeat(200)]) {
      refused(() => readActorRequest({ timezone: zone }, now), 'timezone');
    }
    refused(() => withPath({ user: 'a' }, 'actor', 'b', ['user']), 'user');
  });

  test('takes fields by any of their names, each once', () => {
    const { facets } = readFacetsRequest({ fields: ['event,Action', 'user', 'resource_type'] }, now);
    assert.deepEqual(
      facets.map(({ field }) => field.names[0]),
      ['action', 'actor', 'target_type'],
    );
  });

  test('can count each field without the filter on itself', () => {
    const query = { fields: 'action,outcome', event: 'login', outcome: 'failure', ip: '10.0.0.1' };
    const kept = (given: object) =>
      readFacetsRequest({ ...query, ...given }, now).facets.map(({ filter }) =>
        filter.parts.map(({ field }) => field.names[0]).sort(),
      );
    assert.deepEqual(kept({}), [
      ['action', 'ip', 'outcome'],
      ['action', 'ip', 'outcome'],
    ]);
    assert.deepEqual(kept({ exclude_own: 'true' }), [
      ['ip', 'outcome'],
      ['action', 'ip'],
    ]);
  });

  test('takes an empty prefix as none', () => {
    assert.equal(readValuesRequest('ip', { prefix: '' }, now).prefix, '');
  });

  test('takes time zones by their names', () => {
    for (const zone of ['Europe/Berlin', 'America/Argentina/Buenos_Aires', 'UTC', 'Etc/GMT+5']) {
      assert.ok(readActorRequest({ timezone: zone }, now).timezone);
    }
  });
});
