import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { messageOf } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';
import type { ActiveRules } from './active-rules.js';
import type { EngineMetrics } from './engine-metrics.js';
import type { Judging } from './judging.js';
import type { PartitionWork } from './partition.js';
import type { Reporter } from './reporter.js';

/** Times in milliseconds. */
export interface TickSettings {
  everyMs: number;
  /** How far the brokers' clocks may be from ours: a partition that was read to its end has reached the time that it was asked at, less this. */
  clockSkewMs: number;
}

export const defaultTick: TickSettings = { everyMs: 1_000, clockSkewMs: 2_000 };

const lockMs = 5_000;
const atOnce = 500;
/** After how many ticks. */
const sweepTurns = 15;
/** Windows in whose groups a tick looks for what can be dropped: with thousands of rules it takes some minutes to come round. */
const windowsPerTick = 100;
const renewScript = `
local holder = redis.call('GET', KEYS[1])
if not holder or holder == ARGV[1] then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) return 1 end
return 0`;

/**
 * Moves the watermark: the least append time that every partition has reached. Every engine says how far its partitions are, idle ones by
 * the clock; one engine at a time judges what waited, tells what is over, and drops what is no longer needed.
 */
export function startTicker({
  redis,
  prefix,
  settings,
  judging,
  reporter,
  sweep,
  rules,
  works,
  ends,
  metrics,
  log,
  nowMs = Date.now,
}: {
  redis: Redis;
  prefix: string;
  settings: TickSettings;
  judging: Judging;
  reporter: Reporter;
  /** Tells what is still to be told. */
  sweep: () => Promise<void>;
  rules: () => ActiveRules;
  works: () => ReadonlyMap<number, PartitionWork>;
  /** First offset and end of every partition, asked of Kafka now. */
  ends: () => Promise<{ partition: number; low: number; high: number }[]>;
  metrics: EngineMetrics;
  log: Logger;
  nowMs?: () => number;
}): { stop(): Promise<void> } {
  const me = randomUUID();
  const lockKey = `${prefix}:ticker`;
  let stopping = false;
  let last = 0;
  let turns = 0;
  let place = 0;

  /** Partitions without a record hold nobody up: their first will be appended after now. */
  const sayProgress = async (): Promise<number[]> => {
    const askedUs = (nowMs() - settings.clockSkewMs) * 1_000;
    const all = await ends();
    const said = new Map<number, { next: number; appendUs: number }>();
    for (const { partition, high } of all) {
      const work = works().get(partition);
      if (!work) continue;
      const idle = work.next === high && work.done >= work.next;
      const appendUs = idle ? Math.max(askedUs, work.doneAppendUs) : work.doneAppendUs;
      if (appendUs > 0) said.set(partition, { next: work.done, appendUs });
    }
    if (said.size > 0) await judging.setProgress(said);
    return all.map(({ partition }) => partition);
  };

  const tick = async (): Promise<void> => {
    const partitions = await sayProgress();
    if ((await redis.eval(renewScript, 1, lockKey, me, lockMs)) !== 1) return;
    const { store } = await judging.windows();
    const progress = await store.progress();
    if (partitions.length === 0 || partitions.some((partition) => !progress.has(partition))) return;
    const watermarkUs = Math.min(...partitions.map((partition) => progress.get(partition)!.appendUs));
    metrics.delaySeconds.set(Math.max(0, nowMs() / 1_000 - watermarkUs / 1_000_000));
    if (watermarkUs <= last) return;
    await judging.tick(watermarkUs);
    last = watermarkUs;
    const over = await store.ended(watermarkUs, atOnce);
    if (over.length > 0) {
      await reporter.resolved(over);
      await store.forgetEnds(over);
    }
    turns += 1;
    if (turns % sweepTurns === 0) await sweep();
    const keys = [...rules().windows.keys()];
    for (let looked = 0; looked < Math.min(windowsPerTick, keys.length); looked += 1) {
      place = (place + 1) % keys.length;
      await store.forget(keys[place]!, watermarkUs, atOnce);
    }
  };

  let running = Promise.resolve();
  const timer = setInterval(() => {
    if (stopping || busy) return;
    busy = true;
    running = tick()
      .catch((error) => {
        if (stopping) return;
        metrics.failures.inc({ what: 'tick' });
        log.warn({ error: messageOf(error) }, 'the watermark stands still');
      })
      .finally(() => {
        busy = false;
      });
  }, settings.everyMs);
  let busy = false;
  return {
    async stop() {
      stopping = true;
      clearInterval(timer);
      await running;
      if ((await redis.get(lockKey).catch(() => null)) === me) await redis.del(lockKey).catch(() => {});
    },
  };
}
