import type { Redis } from 'ioredis';
import { sha256 } from '../../../core/seal/index.js';
import { type Alert, alertLevels } from '../alert.js';
import { NotifyError } from '../errors.js';
import type { DeliveryLimits } from './limits.js';
import { memberOf, type Pending, type Waiting, waitingOf } from './pending.js';
import {
  beginScript,
  enqueueScript,
  releaseScript,
  renewScript,
  restoreScript,
  restScript,
  settleScript,
} from './scripts.js';

export interface Entry {
  alert: Alert;
  queuedAtMs: number;
}

/** What waits, and with what it may share a message. */
export interface Enqueued extends Entry {
  group: string;
}

/**
 * What is to be delivered, in Redis: it outlives every process. Each channel has a queue of its own, and one worker at a time holds
 * its lease. Every call rejects with `notify_unavailable` while Redis is away; nothing is known then of whether it happened, and all of
 * them may be said again.
 */
export interface Queue {
  enqueue(channelId: string, id: string, entry: Enqueued): Promise<'queued' | 'known' | 'full'>;
  /** That it is known, though it is not queued. */
  remember(id: string): Promise<void>;
  /** Channels that have something to do by now. */
  busy(nowMs: number, most: number): Promise<string[]>;
  lease(channelId: string, holder: string): Promise<boolean>;
  /** False where another holds it by now. */
  renew(channelId: string, holder: string): Promise<boolean>;
  release(channelId: string, holder: string): Promise<void>;
  state(channelId: string): Promise<{ waiting: Waiting[]; pending: Pending[] }>;
  entries(channelId: string, ids: readonly string[]): Promise<(Entry | undefined)[]>;
  /** Makes a message of those that waited. False without the lease. */
  begin(channelId: string, holder: string, message: Pending, waited: readonly Waiting[]): Promise<boolean>;
  /** Writes the message as it is after an attempt, or ends it. False without the lease. */
  settle(channelId: string, holder: string, deliveryId: string, message: Pending | undefined): Promise<boolean>;
  /** Looks at the channel again then, or as soon as something comes. */
  rest(channelId: string, untilMs: number, lastPlace: number): Promise<void>;
  /** Puts a message back. False where too many wait. */
  restore(channelId: string, message: Pending, nowMs: number): Promise<boolean>;
}

export function createQueue({
  redis,
  audience,
  limits,
}: {
  redis: Redis;
  audience: string;
  limits: DeliveryLimits;
}): Queue {
  const prefix = `sealstream:notify:{${sha256(audience).toString('hex').slice(0, 16)}}:`;
  const channels = `${prefix}channels`;
  const place = `${prefix}place`;
  const [order, entries, messages, leases] = ['order', 'entries', 'messages', 'lease'].map(
    (what) => (channelId: string) => `${prefix}${what}:${channelId}`,
  ) as [KeyOf, KeyOf, KeyOf, KeyOf];
  const seen: KeyOf = (id) => `${prefix}seen:${id}`;
  const ask = <T>(command: () => Promise<T>): Promise<T> => answered(command, limits.redisTimeoutMs);
  const run = (script: string, keys: string[], args: (string | number)[]): Promise<unknown> =>
    ask(() => redis.eval(script, keys.length, ...keys, ...args));

  return {
    async enqueue(channelId, id, { alert, queuedAtMs, group }) {
      const level = alertLevels.indexOf(alert.rule.level);
      const member = memberOf({ id, level, queuedAtMs, group, fingerprint: alert.fingerprint });
      const keys = [channels, order(channelId), entries(channelId), place, seen(id)];
      const entry = JSON.stringify({ alert, queuedAtMs });
      const args = [channelId, member, id, entry, limits.queued, queuedAtMs, limits.rememberMs];
      return (await run(enqueueScript, keys, args)) as 'queued' | 'known' | 'full';
    },
    async remember(id) {
      await ask(() => redis.set(seen(id), '1', 'PX', limits.rememberMs));
    },
    busy: (nowMs, most) => ask(() => redis.zrangebyscore(channels, 0, nowMs, 'LIMIT', 0, most)),
    lease: async (channelId, holder) =>
      (await ask(() => redis.set(leases(channelId), holder, 'PX', limits.leaseMs, 'NX'))) === 'OK',
    renew: async (channelId, holder) => (await run(renewScript, [leases(channelId)], [holder, limits.leaseMs])) === 1,
    async release(channelId, holder) {
      await run(releaseScript, [leases(channelId)], [holder]);
    },
    async state(channelId) {
      const [members, texts] = await ask(() =>
        Promise.all([redis.zrange(order(channelId), '0', '-1', 'WITHSCORES'), redis.hvals(messages(channelId))]),
      );
      return { waiting: allWaiting(members), pending: texts.map((text) => JSON.parse(text) as Pending) };
    },
    async entries(channelId, ids) {
      if (ids.length === 0) return [];
      const texts = await ask(() => redis.hmget(entries(channelId), ...ids));
      return texts.map((text) => (text === null ? undefined : (JSON.parse(text) as Entry)));
    },
    async begin(channelId, holder, message, waited) {
      const keys = [leases(channelId), order(channelId), entries(channelId), messages(channelId)];
      const members = waited.map(memberOf);
      const args = [holder, message.deliveryId, JSON.stringify(message), waited.length, ...members];
      return (await run(beginScript, keys, [...args, ...waited.map(({ id }) => id)])) === 1;
    },
    async settle(channelId, holder, deliveryId, message) {
      const keys = [leases(channelId), messages(channelId)];
      return (await run(settleScript, keys, [holder, deliveryId, message ? JSON.stringify(message) : ''])) === 1;
    },
    async rest(channelId, untilMs, lastPlace) {
      await run(restScript, [channels, order(channelId), messages(channelId)], [channelId, untilMs, lastPlace]);
    },
    async restore(channelId, message, nowMs) {
      const args = [channelId, message.deliveryId, JSON.stringify(message), nowMs, limits.redelivering];
      return (await run(restoreScript, [channels, messages(channelId)], args)) === 1;
    },
  };
}

type KeyOf = (name: string) => string;

/** Members and their scores in turn. */
function allWaiting(members: readonly string[]): Waiting[] {
  const waiting: Waiting[] = [];
  for (let at = 0; at + 1 < members.length; at += 2) {
    waiting.push(waitingOf(members[at]!, Number(members[at + 1])));
  }
  return waiting;
}

async function answered<T>(command: () => Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([command(), late]);
  } catch (cause) {
    throw new NotifyError('notify_unavailable', 'notifications cannot be queued or sent while Redis is away', {
      cause,
    });
  } finally {
    clearTimeout(timer);
  }
}
