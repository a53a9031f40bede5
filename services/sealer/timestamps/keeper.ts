import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';
import { backoff } from '../../core/retry.js';
import { sha256 } from '../../core/seal/index.js';
import type { TimestampAuthority } from './authority.js';
import { type RequestTimestamp, TimestampRequestError } from './client.js';
import type { TimestampMetrics } from './metrics.js';
import type { TimestampStore } from './store.js';

export interface TimestampKeeper {
  /** Nothing is asked or written any more when it has resolved. Give up requests that are under way by the client's own signal. */
  stop(): Promise<void>;
}

/** What is known of one shard at one authority. */
interface Lane {
  shard: string;
  /** Of the last timestamp. */
  size: number;
  stampedAtMs: number | undefined;
  askedAtMs: number;
  /** Since when a later checkpoint has been there. */
  waitingSinceMs: number | undefined;
  /** What was logged last about its files; the same is not logged again. */
  said: string | undefined;
}

/**
 * Has every authority timestamp the newest checkpoint of every shard, each shard at most once in `everyMs`, and not at all while its
 * checkpoint stays. Holds nothing up: it looks at what is published already. Each authority goes its own pace, so that one that hangs delays no
 * other; one that fails is asked again after a wait that grows up to a minute, and then for what is newest.
 */
export function createTimestampKeeper({
  authorities,
  shards,
  store,
  requestTimestamp,
  metrics,
  log,
  everyMs = 60_000,
  lookEveryMs = 2_000,
  waits = { firstMs: 1_000, mostMs: 60_000 },
  now = Date.now,
}: {
  authorities: readonly TimestampAuthority[];
  /** Names of those that this sealer seals now. */
  shards: () => readonly string[];
  store: TimestampStore;
  requestTimestamp: RequestTimestamp;
  metrics: TimestampMetrics;
  log: Logger;
  everyMs?: number;
  lookEveryMs?: number;
  waits?: { firstMs: number; mostMs: number };
  now?: () => number;
}): TimestampKeeper {
  const stopping = new AbortController();
  const pause = (ms: number): Promise<unknown> =>
    sleep(ms, undefined, { signal: stopping.signal, ref: false }).catch(() => {});

  const keepAsking = async (authority: TimestampAuthority): Promise<void> => {
    const { name } = authority;
    const lanes = new Map<string, Lane>();
    let pauses: Generator<number, never> | undefined;

    /** Those of the shards of this moment, the one that was asked for longest ago first. */
    const lanesNow = async (): Promise<Lane[]> => {
      const wanted = shards();
      for (const [shard] of lanes) {
        if (wanted.includes(shard)) continue;
        lanes.delete(shard);
        metrics.forgotten(shard, name);
      }
      for (const shard of wanted) {
        if (lanes.has(shard)) continue;
        const last = await store.lastTimestamp(shard, name).catch((error) => {
          metrics.failed(name, 'folder');
          const what = 'the last timestamp cannot be read; another is asked for';
          log.error({ authority: name, shard, error: messageOf(error) }, what);
          return undefined;
        });
        const stampedAtMs = last?.genTime.getTime();
        const lane = {
          shard,
          size: last?.size ?? 0,
          stampedAtMs,
          askedAtMs: stampedAtMs ?? 0,
          waitingSinceMs: undefined,
          said: undefined,
        };
        lanes.set(shard, lane);
      }
      return [...lanes.values()].sort((a, b) => a.askedAtMs - b.askedAtMs);
    };
    const reportAges = (lane: Lane): void => {
      const secondsSince = (ms: number): number => Math.max(0, (now() - ms) / 1_000);
      metrics.ages(lane.shard, name, {
        lastSeconds: lane.stampedAtMs === undefined ? undefined : secondsSince(lane.stampedAtMs),
        waitingSeconds: lane.waitingSinceMs === undefined ? 0 : secondsSince(lane.waitingSinceMs),
      });
    };
    const stamp = async (lane: Lane): Promise<void> => {
      const checkpoint = await store.newestCheckpoint(lane.shard);
      if (!checkpoint || checkpoint.size <= lane.size) return;
      lane.waitingSinceMs ??= now();
      // A clock that was set back must not silence it.
      const sinceMs = now() - lane.askedAtMs;
      if (sinceMs >= 0 && sinceMs < everyMs) return;
      lane.askedAtMs = now();
      const { answer, genTime } = await requestTimestamp(authority, sha256(checkpoint.body));
      await store.put(lane.shard, name, { size: checkpoint.size, answer });
      Object.assign(lane, { size: checkpoint.size, stampedAtMs: genTime.getTime(), waitingSinceMs: undefined });
      metrics.stamped(name);
      if (pauses) log.info({ authority: name }, 'the timestamp authority gives timestamps again');
      pauses = undefined;
    };
    /** Gives up the round where the authority is to blame: it would be so for the next shard, too. */
    const round = async (): Promise<number> => {
      for (const lane of await lanesNow()) {
        if (stopping.signal.aborted) break;
        try {
          await stamp(lane);
        } catch (error) {
          if (stopping.signal.aborted) break;
          const { shard } = lane;
          if (!(error instanceof TimestampRequestError)) {
            metrics.failed(name, 'folder');
            const said = messageOf(error);
            if (lane.said !== said)
              log.error({ authority: name, shard, error: said }, 'a checkpoint could not be timestamped');
            lane.said = said;
            continue;
          }
          metrics.failed(name, error.code);
          if (!pauses) log.warn({ authority: name, shard, reason: error.code }, messageOf(error));
          pauses ??= backoff(waits);
          // Asked in vain is not asked: it is next in turn as soon as the wait is over.
          lane.askedAtMs = lane.stampedAtMs ?? 0;
          return pauses.next().value;
        }
      }
      return lookEveryMs;
    };

    const reporting = setInterval(() => [...lanes.values()].forEach(reportAges), lookEveryMs).unref();
    while (!stopping.signal.aborted) {
      const waitMs = await round();
      for (const lane of lanes.values()) reportAges(lane);
      await pause(waitMs);
    }
    clearInterval(reporting);
  };

  const working = authorities.map(keepAsking);
  return {
    async stop() {
      stopping.abort();
      await Promise.all(working);
    },
  };
}
