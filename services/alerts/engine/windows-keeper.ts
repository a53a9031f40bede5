import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Logger } from '../../core/log.js';
import { createWindowStore, type WindowStore, WindowsLost } from '../windows/index.js';
import type { ActiveRules, ActiveWindow } from './active-rules.js';
import type { EngineMetrics } from './engine-metrics.js';

/** Windows in Redis that are whole: what Redis has lost, and what a new rule needs, is rebuilt before it is handed out. */
export interface WindowsKeeper {
  /** The store, with every window of these rules built. Waits while another engine builds. Rejects where a part is away. */
  ready(rules: ActiveRules): Promise<ReadyWindows>;
  /** What the store held is lost: the next `ready` begins a new generation. */
  lost(ready: ReadyWindows): Promise<void>;
  /** Whether no window was built or lost since: what was done without one that is new has to be done with it. */
  isCurrent(ready: ReadyWindows): Promise<boolean>;
}

export interface ReadyWindows {
  generation: string;
  /** Grows whenever windows are about to be built. */
  epoch: string;
  store: WindowStore;
  /** As in CascadeParts. */
  quietToUs(key: string): number;
}

export type Rebuild = (
  wanted: readonly ActiveWindow[],
  rules: ActiveRules,
  store: WindowStore,
) => Promise<ReadonlyMap<string, number>>;

/** An engine that builds says so this often; one that died is succeeded after so long. */
const lock = { ttlMs: 10_000, renewMs: 3_000, lookMs: 200 };

/** Longer than between an engine's asking for the epoch and its committing: what it does without the new window is committed by then. */
const settleMs = 1_000;

const releaseScript = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`;
const beginScript = `
local now = redis.call('GET', KEYS[1])
if not now or now == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2]) return ARGV[2] end
return now`;

export function createWindowsKeeper({
  redis,
  prefix,
  maxGroups,
  rebuild,
  metrics,
  log,
}: {
  redis: Redis;
  /** Of all keys; keeps deployments that share a Redis apart. */
  prefix: string;
  maxGroups: number;
  rebuild: Rebuild;
  metrics: EngineMetrics;
  log: Logger;
}): WindowsKeeper {
  const me = randomUUID();
  const generationKey = `${prefix}:generation`;
  const lockKey = `${prefix}:building`;
  let held:
    | {
        generation: string;
        epoch: string;
        store: WindowStore;
        built: Map<string, number>;
        /** Rules all of whose windows are built: there may be many, and the question comes with every batch. */
        whole: WeakSet<ActiveRules>;
      }
    | undefined;

  /** The generation that is, or a new one where there is none or it is `instead`. */
  const begin = async (instead = ''): Promise<string> =>
    (await redis.eval(beginScript, 1, generationKey, instead, randomBytes(8).toString('hex'))) as string;

  const epochKey = (generation: string): string => `${prefix}:${generation}:epoch`;
  const builtKey = (generation: string): string => `${prefix}:${generation}:built`;
  const look = async (): Promise<typeof held & object> => {
    const generation = await begin();
    const epoch = (await redis.get(epochKey(generation))) ?? '0';
    const built = await redis.hgetall(builtKey(generation));
    const store =
      held?.generation === generation ? held.store : createWindowStore({ redis, prefix, generation, maxGroups });
    held = {
      generation,
      epoch,
      store,
      built: new Map(Object.entries(built).map(([key, us]) => [key, Number(us)])),
      whole: new WeakSet(),
    };
    return held;
  };
  const missing = (rules: ActiveRules, built: ReadonlyMap<string, number>): ActiveWindow[] =>
    [...rules.windows.values()].filter(({ key }) => !built.has(key));

  const build = async (rules: ActiveRules): Promise<void> => {
    const renewing = setInterval(() => void redis.pexpire(lockKey, lock.ttlMs).catch(() => {}), lock.renewMs);
    const began = performance.now();
    try {
      const { generation, store, built } = await look();
      const wanted = missing(rules, built);
      if (wanted.length === 0) return;
      log.info({ windows: wanted.length, generation }, 'windows of alerts are rebuilt from stored events');
      await redis.incr(epochKey(generation));
      await sleep(settleMs);
      const quiet = await rebuild(wanted, rules, store);
      const seconds = (performance.now() - began) / 1_000;
      await redis.hset(builtKey(generation), Object.fromEntries([...quiet].map(([key, us]) => [key, String(us)])));
      metrics.rebuilds.inc(wanted.length);
      metrics.rebuildSeconds.observe(seconds);
      log.info({ windows: wanted.length, generation, seconds }, 'windows of alerts are rebuilt');
    } finally {
      clearInterval(renewing);
      await redis.eval(releaseScript, 1, lockKey, me).catch(() => {});
    }
  };

  return {
    async ready(rules) {
      for (;;) {
        const now = held?.whole.has(rules) ? held : await look();
        const { generation, epoch, store, built, whole } = now;
        if (whole.has(rules) || missing(rules, built).length === 0) {
          whole.add(rules);
          return { generation, epoch, store, quietToUs: (key) => built.get(key) ?? Number.NEGATIVE_INFINITY };
        }
        const mine = await redis.set(lockKey, me, 'PX', lock.ttlMs, 'NX');
        if (mine === null) await sleep(lock.lookMs);
        else {
          await build(rules).catch((error) => {
            if (!(error instanceof WindowsLost)) throw error;
            held = undefined;
          });
        }
      }
    },
    async isCurrent({ generation, epoch }) {
      const [now, epochNow] = await redis.mget(generationKey, epochKey(generation));
      const current = now === generation && (epochNow ?? '0') === epoch;
      if (!current) held = undefined;
      return current;
    },
    async lost({ generation }) {
      held = undefined;
      const now = await begin(generation);
      log.warn({ lost: generation, generation: now }, 'Redis lost the windows of alerts');
    },
  };
}
