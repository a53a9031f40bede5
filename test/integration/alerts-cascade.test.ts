import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { Redis } from 'ioredis';
import { activateRules } from '../../services/alerts/engine/active-rules.js';
import { createFedHits, type FindingChange, runCascade } from '../../services/alerts/engine/cascade.js';
import { createEngineMetrics } from '../../services/alerts/engine/engine-metrics.js';
import type { Announcement, WindowStore } from '../../services/alerts/windows/index.js';
import { createWindowStore } from '../../services/alerts/windows/index.js';
import { createMetrics } from '../../services/core/metrics.js';
import { formatUuid } from '../../services/core/wire/index.js';
import { stackFromEnv } from '../support/stack.js';
import { eventAt, rulesOf, timeZeroUs } from '../support/window-events.js';

const rulesText = `title: fail
name: fail
id: fail
logsource: {product: sealstream}
detection: {sel: {action: auth.failed}, condition: sel}
---
title: spike
name: spike
id: spike
correlation: {type: event_count, rules: [fail], group-by: [ip], timespan: 10s, condition: {gte: 3}}
`;
const secondUs = 1_000_000;
const rules = activateRules([{ owner: '', rules: rulesOf(rulesText), activeFromUs: () => 0 }], { locate: undefined });

/** An engine's share of the work, of which only Redis outlives it. */
const engine = (store: WindowStore, report: (changes: readonly FindingChange[]) => Promise<void>) => {
  const announced = new Map<string, Announcement>();
  const parts = {
    rules,
    store,
    quietToUs: () => Number.NEGATIVE_INFINITY,
    report,
    announced,
    fed: createFedHits(),
    maxMatches: 1_000,
    metrics: createEngineMetrics(createMetrics('test')),
  };
  const failAt = (...seconds: number[]): Promise<void> => {
    const entries = seconds.flatMap((second) => {
      const timeUs = timeZeroUs + second * secondUs;
      const event = eventAt({ action: 'auth.failed', ip: '198.51.100.7' }, second, timeUs);
      const at = { timeUs, eventId: formatUuid(event.body.id) };
      return rules.enter(event, timeUs).entries.map((one) => ({ ...one, ...at }));
    });
    return runCascade(parts, { entries, behind: new Map() });
  };
  return { failAt, announced };
};

/** The first hits of what stands: told of, and not replaced. */
const standing = (changes: readonly FindingChange[]): number[] => {
  const found = new Map<string, number>();
  for (const { change, finding } of changes) {
    if (change === 'replaced') found.delete(finding.id);
    else found.set(finding.id, (finding.firstHitUs - timeZeroUs) / secondUs);
  }
  return [...found.values()];
};

describe('findings that were stored by an engine that came no further', () => {
  let redis: Redis;
  before(() => {
    redis = new Redis(stackFromEnv().redisUrl);
  });
  after(() => redis.disconnect());

  const newStore = async (prefix: string, generation: string): Promise<WindowStore> => {
    await redis.set(`${prefix}:generation`, generation);
    return createWindowStore({ redis, prefix, generation, maxGroups: 1_000 });
  };

  test('are replaced when a hit comes that begins their run earlier', async () => {
    const store = await newStore(`test:${randomUUID()}`, 'one');
    const stored: FindingChange[] = [];
    const dying = engine(store, async (changes) => {
      stored.push(...changes);
      throw new Error('killed behind the insert');
    });
    await assert.rejects(dying.failAt(5, 6, 7), /killed/);
    assert.deepEqual(standing(stored), [7]);
    await engine(store, async (changes) => void stored.push(...changes)).failAt(4, 5, 6, 7);
    assert.deepEqual(standing(stored), [6]);
  });

  test('are opened once more where it is not known whether they were stored', async () => {
    const store = await newStore(`test:${randomUUID()}`, 'one');
    const dying = engine(store, () => Promise.reject(new Error('killed before the insert')));
    await assert.rejects(dying.failAt(5, 6, 7), /killed/);
    const stored: FindingChange[] = [];
    const next = engine(store, async (changes) => void stored.push(...changes));
    await next.failAt(5, 6, 7);
    assert.deepEqual(
      stored.map(({ change }) => change),
      ['opened'],
    );
    await next.failAt(8);
    assert.deepEqual(
      stored.map(({ change }) => change),
      ['opened', 'grown'],
    );
  });

  test('are replaced by another engine that had taken the group before they were announced', async () => {
    const store = await newStore(`test:${randomUUID()}`, 'one');
    const stored: FindingChange[] = [];
    const other = engine(store, async (changes) => void stored.push(...changes));
    let isBetween = false;
    const slow: WindowStore = {
      ...store,
      async announce(asked) {
        if (!isBetween) {
          isBetween = true;
          await other.failAt(4);
        }
        return store.announce(asked);
      },
    };
    await engine(slow, async (changes) => void stored.push(...changes)).failAt(5, 6, 7);
    assert.deepEqual(standing(stored), [6]);
  });

  test('are known to the windows that are built after Redis was lost', async () => {
    const prefix = `test:${randomUUID()}`;
    const store = await newStore(prefix, 'one');
    const stored: FindingChange[] = [];
    const late = engine(store, async (changes) => {
      stored.push(...changes);
      await redis.set(`${prefix}:generation`, 'two');
    });
    await assert.rejects(late.failAt(5, 6, 7), /lost/);
    const rebuilt = createWindowStore({ redis, prefix, generation: 'two', maxGroups: 1_000 });
    await rebuilt.announce([...late.announced.values()]);
    await engine(rebuilt, async (changes) => void stored.push(...changes)).failAt(4, 5, 6, 7);
    assert.deepEqual(standing(stored), [6]);
  });
});
