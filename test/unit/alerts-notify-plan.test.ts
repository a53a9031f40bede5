import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deliveryLimits, waitAfter } from '../../services/alerts/notify/delivery/limits.js';
import {
  deliveryIdOf,
  groupOf,
  memberOf,
  notificationId,
  type Pending,
  waitingOf as readMember,
  type Waiting,
} from '../../services/alerts/notify/delivery/pending.js';
import { plan } from '../../services/alerts/notify/delivery/plan.js';
import { createTokenBucket } from '../../services/alerts/notify/delivery/token-bucket.js';

const waitingOf = (...fingerprints: string[]): Waiting[] =>
  fingerprints.map((fingerprint, place) => ({
    id: `n${place}`,
    fingerprint,
    level: place === 3 ? 0 : 2,
    place,
    queuedAtMs: 100 * place,
    group: '',
  }));
const pendingOf = (fingerprint: string, dueAtMs: number, change: Partial<Pending> = {}): Pending => ({
  deliveryId: `d-${fingerprint}`,
  alerts: [],
  more: 0,
  fingerprints: [fingerprint],
  attempts: 1,
  dueAtMs,
  queuedAtMs: 0,
  ...change,
});
const next = (change: Partial<Parameters<typeof plan>[0]>) =>
  plan({
    waiting: [],
    pending: [],
    nowMs: 1_000,
    tokens: 5,
    nextTokenAtMs: 4_000,
    grouping: { listed: 2, counts: true },
    mostRetrying: 4,
    mostDead: 2,
    ...change,
  });

describe('what a channel does next', () => {
  test('nothing, where nothing waits', () => assert.deepEqual(next({}), { do: 'rest' }));

  test('each alert has its own message while the cap allows', () => {
    const waiting = waitingOf('a', 'b', 'c', 'd', 'e');
    assert.deepEqual(next({ waiting }), { do: 'compose', told: [waiting[0]], counted: [], superseded: [] });
  });

  test('more than may be sent share a message: the most urgent told, the rest counted, the stale left out', () => {
    const waiting = waitingOf('a', 'b', 'a', 'd', 'e');
    assert.deepEqual(next({ waiting, tokens: 1 }), {
      do: 'compose',
      told: [waiting[3], waiting[1]],
      counted: [waiting[2], waiting[4]],
      superseded: [waiting[0]],
    });
  });

  test('with a time to wait, alerts of a group share a message when the first has waited so long', () => {
    const waiting = waitingOf('a', 'b', 'c', 'd', 'e').map((one, at) => ({
      ...one,
      group: at % 2 === 0 ? 'even' : 'odd',
    }));
    const later = (nowMs: number, change = {}) => next({ waiting, nowMs, groupWaitMs: 2_000, ...change });
    assert.deepEqual(later(1_999), { do: 'wait', untilMs: 2_000 });
    assert.deepEqual(later(2_000), {
      do: 'compose',
      told: [waiting[0], waiting[2]],
      counted: [waiting[4]],
      superseded: [],
    });
    assert.deepEqual(later(2_000, { waiting: [waiting[1]!] }), { do: 'wait', untilMs: 2_100 });
    assert.deepEqual(later(2_100, { waiting: [waiting[1]!] }), {
      do: 'compose',
      told: [waiting[1]],
      counted: [],
      superseded: [],
    });
    assert.deepEqual(later(2_000, { tokens: 0 }), { do: 'wait', untilMs: 4_000 });
    assert.deepEqual(later(2_000, { pending: [pendingOf('x', 500)] }), { do: 'send', message: pendingOf('x', 500) });
  });

  test('what waits is found again in its member, whatever the fingerprint holds', () => {
    const one = { ...waitingOf('a|b|c')[0]!, group: groupOf(['acme', 'spike']) };
    assert.deepEqual(readMember(memberOf(one), one.place), one);
    assert.equal(groupOf([]), '');
    assert.notEqual(groupOf(['a', 'b']), groupOf(['ab', '']));
  });

  test('where everything must be told, a message takes the oldest in order', () => {
    const waiting = waitingOf('a', 'b', 'a', 'd', 'e');
    const step = next({ waiting, tokens: 1, grouping: { listed: 3, counts: false } });
    assert.deepEqual(step, { do: 'compose', told: waiting.slice(0, 3), counted: [], superseded: [] });
    const single = next({ waiting, tokens: 1, grouping: { listed: 1, counts: false } });
    assert.deepEqual(single, { do: 'compose', told: [waiting[0]], counted: [], superseded: [] });
  });

  test('waits for the cap', () => {
    assert.deepEqual(next({ waiting: waitingOf('a'), tokens: 0 }), { do: 'wait', untilMs: 4_000 });
    assert.deepEqual(next({ pending: [pendingOf('a', 500)], tokens: 0 }), { do: 'wait', untilMs: 4_000 });
  });

  test('tries again what is due, before anything new', () => {
    const pending = [pendingOf('a', 900), pendingOf('b', 800), pendingOf('c', 2_000)];
    assert.deepEqual(next({ pending, waiting: waitingOf('x') }), { do: 'send', message: pending[1] });
  });

  test('a message that is tried again keeps only news of its own alerts waiting', () => {
    const pending = [pendingOf('a', 2_000)];
    const waiting = waitingOf('a', 'b');
    assert.deepEqual(next({ pending, waiting }), { do: 'compose', told: [waiting[1]], counted: [], superseded: [] });
    assert.deepEqual(next({ pending, waiting: waitingOf('a') }), { do: 'wait', untilMs: 2_000 });
  });

  test('begins nothing new while many are tried again', () => {
    const pending = ['a', 'b', 'c', 'd'].map((name, at) => pendingOf(name, 3_000 + at));
    assert.deepEqual(next({ pending, waiting: waitingOf('x') }), { do: 'wait', untilMs: 3_000 });
  });

  test('buries the dead when nothing else can be sent, whatever the cap, and keeps nobody waiting for them', () => {
    const dead = pendingOf('a', 900, { dead: { reason: 'refused', status: 400, answer: '' } });
    const waiting = waitingOf('a');
    assert.deepEqual(next({ pending: [dead], tokens: 0 }), { do: 'send', message: dead });
    assert.deepEqual(next({ pending: [dead], waiting }), { do: 'compose', told: waiting, counted: [], superseded: [] });
    assert.deepEqual(next({ pending: [dead, pendingOf('b', 950)] }), { do: 'send', message: pendingOf('b', 950) });
    assert.deepEqual(next({ pending: [dead], waiting, tokens: 0 }), { do: 'send', message: dead });
    assert.deepEqual(next({ pending: [dead, dead], waiting }), { do: 'send', message: dead }, 'they are bounded');
    const later = { ...dead, dueAtMs: 2_000 };
    assert.deepEqual(next({ pending: [later], waiting, tokens: 0 }), { do: 'wait', untilMs: 2_000 });
  });
});

test('a channel sends a burst, then so many a minute', () => {
  const bucket = createTokenBucket(20);
  let sent = 0;
  for (let nowMs = 0; nowMs < 60_000; nowMs += 10) {
    if (bucket.available(nowMs) < 1) continue;
    bucket.take(nowMs);
    sent += 1;
  }
  assert.ok(sent >= 24 && sent <= 25, String(sent));
  assert.equal(createTokenBucket(2).available(0), 2);
  const slow = createTokenBucket(1);
  slow.take(0);
  assert.equal(slow.nextAtMs(0), 60_000);
  assert.equal(slow.available(59_999), 0);
  assert.equal(slow.available(60_000), 1);
});

test('waits double up to a bound, spread over their upper half, and never end before the receiver said', () => {
  const half = { random: () => 0 };
  const full = { random: () => 1 };
  assert.deepEqual(
    [1, 2, 3, 9, 16].map((attempts) => waitAfter(attempts, deliveryLimits, full)),
    [1_000, 2_000, 4_000, 256_000, 300_000],
  );
  assert.equal(waitAfter(1, deliveryLimits, half), 500);
  assert.equal(waitAfter(1, deliveryLimits, { ...half, afterMs: 7_000 }), 7_000);
  assert.equal(waitAfter(1_000_000, deliveryLimits, full), 300_000);
});

test('ids are those of what is told, whoever makes them', () => {
  assert.equal(notificationId('c', 'a', 'firing'), notificationId('c', 'a', 'firing'));
  assert.notEqual(notificationId('c', 'a', 'firing'), notificationId('c', 'a', 'resolved'));
  assert.notEqual(notificationId('c', 'ab', 'c'), notificationId('c', 'a', 'bc'));
  assert.match(deliveryIdOf(['x']), /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
