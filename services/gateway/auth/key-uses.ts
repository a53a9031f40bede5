import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import { messageOf } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';

/** When each API key was last used: noted in memory, written every half minute. A gateway that is killed forgets that much. */
export interface KeyUses {
  note(id: string): void;
  /** Milliseconds since 1970, by key id; what this process has not written yet included. */
  read(): Promise<ReadonlyMap<string, number>>;
  /** Writes what is not written yet. */
  stop(): Promise<void>;
}

const queryTimeoutMs = 5_000;
const writeEveryMs = 30_000;

export function createKeyUses({
  clickhouse,
  database,
  log,
  everyMs = writeEveryMs,
  now = Date.now,
}: {
  clickhouse: ClickHouseClient;
  database: string;
  log: Logger;
  everyMs?: number;
  now?: () => number;
}): KeyUses {
  /** One entry for each key that exists, at most. */
  const unwritten = new Map<string, number>();
  let writing: Promise<void> = Promise.resolve();

  const write = async (): Promise<void> => {
    if (unwritten.size === 0) return;
    const uses = [...unwritten];
    unwritten.clear();
    try {
      await clickhouse.insert({
        table: `${database}.api_key_uses`,
        format: 'JSONEachRow',
        values: uses.map(([id, atMs]) => ({ id, last_used_at: new Date(atMs).toISOString() })),
        abort_signal: AbortSignal.timeout(queryTimeoutMs),
      });
    } catch (error) {
      log.warn({ error: messageOf(error), keys: uses.length }, 'when API keys were used is not written yet');
      for (const [id, atMs] of uses) unwritten.set(id, Math.max(atMs, unwritten.get(id) ?? 0));
    }
  };
  const writeInTurn = (): Promise<void> => {
    writing = writing.then(write);
    return writing;
  };
  const timer = setInterval(() => void writeInTurn(), everyMs);
  timer.unref();

  return {
    note(id) {
      unwritten.set(id, now());
    },
    async read() {
      const result = await clickhouse.query({
        query: `SELECT id, toUnixTimestamp64Milli(max(last_used_at)) AS at_ms
          FROM {database:Identifier}.api_key_uses GROUP BY id`,
        query_params: { database },
        format: 'JSONEachRow',
        abort_signal: AbortSignal.timeout(queryTimeoutMs),
        clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
      });
      const rows = await result.json<{ id: string; at_ms: number }>();
      const uses = new Map(rows.map(({ id, at_ms }) => [id, at_ms]));
      for (const [id, atMs] of unwritten) uses.set(id, Math.max(atMs, uses.get(id) ?? 0));
      return uses;
    },
    async stop() {
      clearInterval(timer);
      await writeInTurn();
    },
  };
}
