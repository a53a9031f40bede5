import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { viewOf } from '../../services/core/event/index.js';
import { createLogger } from '../../services/core/log.js';
import type { WireEvent } from '../../services/core/wire/index.js';
import { type Access, createAccessLog } from '../../services/gateway/watch/access-log.js';

const windowMs = 1_000;

function watched({
  place = 'system' as const,
  burst = 100,
}: {
  place?: 'system' | 'organization' | 'off';
  burst?: number;
} = {}) {
  let nowMs = Date.UTC(2026, 0, 1);
  const sent: WireEvent[] = [];
  const accessLog = createAccessLog({
    producer: {
      async send(events: WireEvent[]) {
        sent.push(...events);
        return [];
      },
    },
    place,
    log: createLogger('test', 'silent'),
    windowMs,
    rate: { perSecond: 0.000_001, burst },
    now: () => nowMs,
  });
  const caller = (keyId: string) => ({
    keyId,
    name: keyId,
    organizations: '*' as const,
    permissions: new Set<never>(),
  });
  return {
    views: () =>
      sent.map(viewOf) as {
        action: string;
        scope: string;
        organization_id?: string;
        details: Record<string, unknown>;
      }[],
    note: (access: Partial<Access> = {}, keyId = 'key_1') =>
      accessLog.note(
        {
          action: 'audit.searched',
          organization: 'acme',
          outcome: 'success',
          details: { filter: {} },
          results: 3,
          ...access,
        },
        { caller: caller(keyId), requestId: 'r', ip: '127.0.0.1', userAgent: undefined },
      ),
    pass: (ms: number) => {
      nowMs += ms;
    },
    stop: () => accessLog.stop(),
  };
}

describe('who watches', () => {
  test('is written at once, and the same again as one event with its count', async () => {
    const log = watched();
    for (let time = 0; time < 50; time += 1) log.note();
    assert.equal(log.views().length, 1);
    await log.stop();
    const [first, rest] = log.views();
    assert.deepEqual([first!.details.count, first!.details.sampled, first!.details.results], [1, false, 3]);
    assert.deepEqual([rest!.details.count, rest!.details.sampled, rest!.details.results], [49, true, 147]);
    assert.equal(log.views().length, 2);
  });

  test('counts anew in each window', async () => {
    const log = watched();
    log.note();
    log.note();
    log.pass(windowMs);
    log.note();
    await log.stop();
    assert.deepEqual(
      log.views().map(({ details }) => details.count),
      [1, 1, 1],
    );
  });

  test('tells callers, actions, organizations, filters, events and refusals apart', async () => {
    const log = watched();
    log.note();
    log.note({}, 'key_2');
    log.note({ action: 'audit.exported' });
    log.note({ organization: 'globex' });
    log.note({ details: { filter: { q: 'x' } } });
    log.note({ action: 'audit.read', eventId: 'a' });
    log.note({ action: 'audit.read', eventId: 'b' });
    log.note({ outcome: 'denied' });
    assert.equal(log.views().length, 8);
    await log.stop();
    assert.equal(log.views().length, 8);
  });

  test('says of a caller with too many different ones how many they were, and forgets none', async () => {
    const log = watched({ burst: 10 });
    for (let event = 0; event < 1_000; event += 1) log.note({ action: 'audit.read', eventId: `e${event}` });
    await log.stop();
    const counts = log.views().map(({ details }) => Number(details.count));
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      1_000,
    );
    assert.equal(counts.length, 11);
  });

  test('goes to the organization that was looked at where that is set, and nowhere where it is off', async () => {
    const own = watched({ place: 'organization' });
    own.note();
    own.note({ organization: undefined });
    assert.deepEqual(
      own.views().map(({ scope, organization_id }) => [scope, organization_id]),
      [
        ['organization', 'acme'],
        ['system', undefined],
      ],
    );
    await own.stop();
    const off = watched({ place: 'off' });
    off.note();
    await off.stop();
    assert.equal(off.views().length, 0);
  });
});
