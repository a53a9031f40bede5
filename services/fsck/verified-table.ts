import type { ClickHouseClient } from '../core/clients/clickhouse.js';
import type { SignatureStep } from '../core/stored/index.js';
import type { Difference, DifferenceKind } from './difference.js';

/** How far a partition was verified. */
export interface Verified {
  /** Hex. */
  incarnation: string;
  partition: number;
  head: number;
  through: number;
  round: number;
  roundNext: number;
  checkedAtMs: number;
}

export interface FoundDifference extends Difference {
  foundAtMs: number;
  mendedAtMs: number | undefined;
}

/** What the continuous verifier writes down. */
export interface VerifiedTable {
  partitions(): Promise<Verified[]>;
  save(rows: readonly Verified[]): Promise<void>;
  /** Those that are not mended, at most `limit`. */
  open(limit: number): Promise<FoundDifference[]>;
  write(differences: readonly FoundDifference[]): Promise<void>;
}

interface DifferenceRow {
  incarnation: string;
  partition: number;
  offset: number;
  last_offset: number;
  idx: number;
  shard: string;
  kind: DifferenceKind;
  step: SignatureStep | '';
  detail: string;
  found_ms: number;
}

/** What tells differences apart. */
export const differenceKey = ({ kind, step, place }: Difference): string =>
  [place.incarnation, place.partition, place.offset, place.index ?? -1, kind, step ?? '', place.shard ?? ''].join(' ');

export function createVerifiedTable({
  clickhouse,
  database,
  nowMs = Date.now,
}: {
  clickhouse: ClickHouseClient;
  database: string;
  nowMs?: () => number;
}): VerifiedTable {
  const select = async <T>(query: string, params: Record<string, unknown> = {}): Promise<T[]> => {
    const result = await clickhouse.query({
      query,
      query_params: { database, ...params },
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    });
    return result.json<T>();
  };
  const insert = async (table: string, values: readonly object[]): Promise<void> => {
    if (values.length > 0) await clickhouse.insert({ table: `${database}.${table}`, format: 'JSONEachRow', values });
  };
  /** Grows, also within a millisecond and where a clock is set back a little. */
  let last = 0;
  const version = (): number => {
    last = Math.max(last + 1, nowMs() * 1_000);
    return last;
  };
  return {
    async partitions() {
      const rows = await select<
        Omit<Verified, 'roundNext' | 'checkedAtMs'> & { round_next: number; checked_ms: number }
      >(
        `SELECT incarnation, partition, head, through, round, round_next, toUnixTimestamp64Milli(checked_at) AS checked_ms
         FROM {database:Identifier}.verified_partitions FINAL`,
      );
      return rows.map(({ round_next, checked_ms, ...row }) => ({
        ...row,
        roundNext: round_next,
        checkedAtMs: checked_ms,
      }));
    },
    save: (rows) =>
      insert(
        'verified_partitions',
        rows.map(({ roundNext, checkedAtMs, ...row }) => ({
          ...row,
          round_next: roundNext,
          checked_at: isoOf(checkedAtMs),
          version: version(),
        })),
      ),
    async open(limit) {
      const rows = await select<DifferenceRow>(
        `SELECT incarnation, partition, offset, last_offset, idx, shard, kind, step, detail,
           toUnixTimestamp64Milli(found_at) AS found_ms
         FROM {database:Identifier}.verification_differences FINAL WHERE mended_at IS NULL
         ORDER BY found_at, incarnation, partition, offset, idx LIMIT {limit:UInt32}`,
        { limit },
      );
      return rows.map(toDifference);
    },
    write: (differences) =>
      insert(
        'verification_differences',
        differences.map(({ kind, place, step = '', detail, foundAtMs, mendedAtMs }) => ({
          incarnation: place.incarnation,
          partition: Math.max(0, place.partition),
          offset: Math.max(0, place.offset),
          last_offset: Math.max(0, place.lastOffset ?? place.offset),
          idx: place.index ?? -1,
          shard: place.shard ?? '',
          kind,
          step,
          detail,
          found_at: isoOf(foundAtMs),
          mended_at: mendedAtMs === undefined ? null : isoOf(mendedAtMs),
          version: version(),
        })),
      ),
  };
}

const isoOf = (ms: number): string => new Date(ms).toISOString();

const toDifference = (row: DifferenceRow): FoundDifference => ({
  kind: row.kind,
  ...(row.step === '' ? {} : { step: row.step }),
  place: {
    incarnation: row.incarnation,
    partition: row.partition,
    offset: row.offset,
    ...(row.last_offset === row.offset ? {} : { lastOffset: row.last_offset }),
    ...(row.idx < 0 ? {} : { index: row.idx }),
    ...(row.shard === '' ? {} : { shard: row.shard }),
  },
  detail: row.detail,
  foundAtMs: row.found_ms,
  mendedAtMs: undefined,
});
