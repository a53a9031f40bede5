import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import { messageOf } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';
import { createLease } from './lease.js';
import type { PublishVerificationFailure, VerificationFailure } from './log-reports.js';

/** What the continuous verifier finds wrong now, a row for each partition and kind. */
interface OpenDifferences {
  incarnation: string;
  partition: number;
  shard: string;
  kind: string;
  step: string;
  /** Of the first that was found. */
  offset: number;
  detail: string;
  found_ms: number;
  count: number;
}

export const defaultVerificationWatch = { everyMs: 5_000, leaseMs: 20_000 };

/** Which of the verdicts it is about. */
const checkOf = (kind: string): VerificationFailure['check'] => {
  if (/^(log_|entry_|checkpoint_)/.test(kind)) return 'inclusion';
  return /_missing$/.test(kind) ? 'completeness' : 'signature';
};

/**
 * Tells in the system scope what the continuous verifier finds wrong, where the built-in rules of alerts see it: once for each partition and kind
 * of difference, from the first that was found until all are mended, so that a thousand altered rows are one event.
 */
export function startVerificationWatch({
  clickhouse,
  database,
  publish,
  redis,
  audience,
  settings = defaultVerificationWatch,
  log,
}: {
  clickhouse: ClickHouseClient;
  database: string;
  publish: PublishVerificationFailure;
  redis: Redis;
  audience: string;
  settings?: typeof defaultVerificationWatch;
  log: Logger;
}): { stop(): Promise<void> } {
  const lease = createLease({ redis, key: `sealstream:{${audience}}:verification-watch`, holder: randomUUID() });
  const stopping = new AbortController();
  let told = new Set<string>();

  const read = async (): Promise<OpenDifferences[]> => {
    const result = await clickhouse.query({
      query: `SELECT incarnation, partition, shard, kind, step, count() AS count,
          argMin(offset, (found_at, offset)) AS offset, argMin(detail, (found_at, offset)) AS detail,
          toUnixTimestamp64Milli(min(found_at)) AS found_ms
        FROM {database:Identifier}.verification_differences FINAL WHERE mended_at IS NULL
        GROUP BY incarnation, partition, shard, kind, step ORDER BY found_ms LIMIT 1000`,
      query_params: { database },
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0, prefer_column_name_to_alias: 1 },
    });
    return result.json<OpenDifferences>();
  };

  const look = async (): Promise<void> => {
    if (!(await lease.hold(settings.leaseMs))) {
      told = new Set();
      return;
    }
    const still = new Set<string>();
    for (const one of await read()) {
      if (stopping.signal.aborted) return;
      const { incarnation, partition, offset, shard, kind, step, count, detail } = one;
      const occasion = new Date(one.found_ms).toISOString();
      const key = [incarnation, partition, shard, kind, step, occasion].join(' ');
      still.add(key);
      if (told.has(key)) continue;
      const more = count > 1 ? ` (the first of ${count} so far)` : '';
      const place = shard === '' ? { incarnation, partition, offset } : { shard };
      await publish(
        { check: checkOf(kind), detail: `${kind}: ${detail}${more}`, place },
        `${kind} ${step} ${occasion}`,
      );
      told.add(key);
    }
    told = new Set([...told].filter((key) => still.has(key)));
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await look().catch((error) => {
        if (!stopping.signal.aborted) {
          log.debug({ error: messageOf(error) }, 'what does not verify cannot be told of now');
        }
      });
      await sleep(settings.everyMs, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
    }
    await lease.release();
  };
  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
