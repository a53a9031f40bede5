import type { ClickHouseClient } from '../clients/clickhouse.js';
import {
  addInterval,
  emptyLane,
  type History,
  type LaneId,
  type LaneRecord,
  type LaneState,
  laneMemory,
  remember,
} from '../judge/index.js';
import type { RecordKind } from '../wire/symbols.js';

/** What the judge must be told of records that are no longer in memory. All answers are of one partition, from `batches`. */
export interface LaneStore {
  /** The first offset above every stored record, 0 when none is. Rows below it are complete: `batches` is written last. */
  position(): Promise<number>;
  /** Registry offset of the last valid marker below, -1 when there is none. */
  registryMarker(below: number): Promise<number>;
  loadLane(lane: LaneId, below: number): Promise<LaneState>;
  history(need: { lane: LaneId; headerHash: string; prev: string }, below: number): Promise<History>;
}

interface TraceRow {
  hash: string;
  prev: string;
  epoch: string;
  producer_id: string;
  lane: number;
  kind: RecordKind;
  disposition: string;
  first_seq: number;
  count: number;
  accepted: number[];
}

const traceColumns = `lower(hex(header_hash)) AS hash, lower(hex(prev)) AS prev, lower(hex(epoch)) AS epoch,
  producer_id, lane, record_kind AS kind, disposition, first_seq, count, accepted`;

/** `epoch` and `prev` in a WHERE are the columns, not the hex that the SELECT gives the same names. */
const laneSettings = { output_format_json_quote_64bit_integers: 0, prefer_column_name_to_alias: 1 } as const;

/** Rows fetched to fill a lane's memory: more than it holds, as duplicates take rows too. */
const windowRows = laneMemory + 256;

export function createLaneStore({
  clickhouse,
  database,
  incarnation,
  partition,
}: {
  clickhouse: ClickHouseClient;
  database: string;
  incarnation: Buffer;
  partition: number;
}): LaneStore {
  const here = 'incarnation = unhex({incarnation:String}) AND partition = {partition:UInt32}';
  const traced = `${here} AND offset < {below:UInt64} AND disposition IN ('accepted', 'partial', 'duplicate')`;
  const inLane = `${traced} AND epoch = unhex({epoch:String}) AND lane = {lane:UInt32} AND producer_id = {producer:String}`;

  const rows = async <T>(
    select: string,
    where: string,
    rest: string,
    params: Record<string, unknown>,
  ): Promise<T[]> => {
    const result = await clickhouse.query({
      query: `SELECT ${select} FROM {database:Identifier}.batches WHERE ${where} ${rest}`,
      query_params: { database, incarnation: incarnation.toString('hex'), partition, ...params },
      format: 'JSONEachRow',
      clickhouse_settings: laneSettings,
    });
    return result.json<T>();
  };
  const laneParams = ({ producerId, epoch, lane }: LaneId): Record<string, unknown> => ({
    producer: producerId,
    epoch,
    lane,
  });

  return {
    async position() {
      const [row] = await rows<{ next: number }>('max(offset) + 1 AS next', here, 'HAVING count() > 0', {});
      return row?.next ?? 0;
    },

    async registryMarker(below) {
      const [row] = await rows<{ registry_offset: number }>(
        'registry_offset',
        `${traced} AND record_kind = 'registry'`,
        'ORDER BY offset DESC LIMIT 1',
        { below },
      );
      return row?.registry_offset ?? -1;
    },

    async loadLane(lane, below) {
      const params = { ...laneParams(lane), below };
      const newest = await rows<TraceRow>(traceColumns, inLane, `ORDER BY offset DESC LIMIT ${windowRows}`, params);
      if (newest.length === 0) return emptyLane();
      const first = `${inLane} AND disposition != 'duplicate'`;
      const [{ next }] = (await rows<{ next: number }>('max(first_seq + count) AS next', first, '', params)) as [
        { next: number },
      ];
      const starts = `if(lagInFrame(first_seq + count, 1, first_seq + 1) OVER (ORDER BY first_seq
        ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) = first_seq, 0, 1) AS starts, first_seq AS s, first_seq + count AS e`;
      const islands = await islandRows(`${first} AND count > 0`, starts, params);
      const state = foldWindow(newest.reverse(), newest.length === windowRows);
      state.nextSeq = next;
      for (const { from, to } of islands) state.intervals = addInterval(state.intervals, from, to);
      return state;
    },

    async history({ lane, headerHash, prev }, below) {
      const same = await rows<TraceRow>(traceColumns, `${traced} AND header_hash = unhex({hash:String})`, '', {
        below,
        hash: headerHash,
      });
      const siblings = await rows<TraceRow>(
        traceColumns,
        `${traced} AND prev = unhex({prev:String}) AND producer_id = {producer:String} AND header_hash != unhex({hash:String})
          AND (epoch = unhex({epoch:String}) OR {prev:String} != '${'0'.repeat(64)}')`,
        'ORDER BY offset LIMIT 100',
        { below, prev, hash: headerHash, ...laneParams(lane) },
      );
      return {
        same: same.length === 0 ? undefined : union(same),
        prevUsedInLane: siblings.some((row) => row.epoch === lane.epoch && row.lane === lane.lane),
        prevUsedInEpoch: siblings.find((row) => row.epoch !== lane.epoch)?.epoch,
      };
    },
  };

  /** Runs of sequences without a hole. */
  async function islandRows(
    where: string,
    starts: string,
    params: Record<string, unknown>,
  ): Promise<{ from: number; to: number }[]> {
    const result = await clickhouse.query({
      query: `SELECT min(s) AS from, max(e) AS to FROM (
          SELECT s, e, sum(starts) OVER (ORDER BY s ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS island
          FROM (SELECT ${starts} FROM {database:Identifier}.batches WHERE ${where})
        ) GROUP BY island ORDER BY from`,
      query_params: { database, incarnation: incarnation.toString('hex'), partition, ...params },
      format: 'JSONEachRow',
      clickhouse_settings: laneSettings,
    });
    return result.json<{ from: number; to: number }>();
  }
}

const union = (same: TraceRow[]): LaneRecord => ({
  hash: same[0]!.hash,
  prev: same[0]!.prev,
  accepted: [...new Set(same.flatMap((row) => row.accepted))].sort((a, b) => a - b),
});

/** Folds a lane's newest rows, oldest first, into its memory and head: what `applyChange` would have left. */
function foldWindow(window: TraceRow[], cut: boolean): LaneState {
  const state = emptyLane();
  let knownTo = 0;
  for (const row of window) {
    const known = state.records.get(row.hash);
    // A repeat whose first appearance lies below the window is left to the history look-up, which sees all of it.
    if (row.disposition === 'duplicate' && !known) continue;
    remember(state, known ? union([{ ...row, accepted: [...known.accepted] }, row]) : union([row]));
    if (known) continue;
    if (state.head === '' || row.prev === state.head || row.first_seq >= knownTo) state.head = row.hash;
    knownTo = Math.max(knownTo, row.first_seq + row.count);
  }
  if (cut) state.forgotten = true;
  return state;
}
