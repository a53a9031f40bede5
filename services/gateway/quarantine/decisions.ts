import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import type { Decision, Place } from './set-aside.js';

/** Writes down who decided what about records that were set aside. The newest decision about a record holds. */
export interface Decisions {
  put(decided: readonly (Decision & { place: Place; version: number })[]): Promise<void>;
}

/** Two notes of one decision have an order. */
export const versionOf = (atMs: number): number => atMs * 1_000;

export function createDecisions({ clickhouse }: { clickhouse: ClickHouseClient }): Decisions {
  return {
    async put(decided) {
      await clickhouse.insert({
        table: 'quarantine_decisions',
        values: decided.map(({ place, version, kind, by, atMs, reason, publishedHash, publishedOffset }) => ({
          ...place,
          version,
          kind,
          published_hash: publishedHash,
          published_offset: publishedOffset ?? -1,
          decided_by: by,
          decided_at: new Date(atMs).toISOString(),
          reason,
        })),
        format: 'JSONEachRow',
      });
    },
  };
}
