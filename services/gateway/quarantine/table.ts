import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import type { Disposition } from '../../core/judge/index.js';
import { fetchRowBinary } from '../../core/rows/index.js';
import { RowBinaryReader } from '../../core/rows/row-binary.js';
import type { Reason } from '../../core/wire/index.js';
import { queryProblem } from '../query/clickhouse-errors.js';
import { limitSettings } from '../query/scope.js';
import type { Decision, LaterRecord, Place, SetAside, State } from './set-aside.js';

export interface QuarantineFilter {
  reasons: readonly Reason[] | undefined;
  partition: number | undefined;
  fromMs: number | undefined;
  toMs: number | undefined;
  producer: string | undefined;
  /** Hex. */
  key: string | undefined;
  states: readonly State[] | undefined;
}

export interface ReasonTotal {
  reason: Reason;
  state: State;
  records: number;
}

/** Where a page ended. */
export type PageEnd = Place & { appendTimeMs: number };

/** What was set aside, with what was decided and became of it. */
export interface QuarantineTable {
  /** Newest first. */
  list(filter: QuarantineFilter, page: { limit: number; after: PageEnd | undefined }): Promise<SetAside[]>;
  /** A record refused for several reasons counts under each; `records` counts it once. */
  totals(filter: QuarantineFilter): Promise<{ byReason: ReasonTotal[]; byState: Record<State, number> }>;
  at(places: readonly { partition: number; offset: number }[]): Promise<SetAside[]>;
  /** Its bytes; two in the moment in which an erasure puts one in the place of the other. */
  values(place: Place): Promise<Buffer[]>;
}

type LaterTuple = [incarnation: string, offset: number, ms: number, disposition: Disposition, reason: string, number[]];

interface Row {
  life: string;
  partition: number;
  offset: number;
  ms: number;
  disposition: SetAside['disposition'];
  reason: Reason;
  detail: string;
  event_idx: number[];
  event_reasons: Reason[];
  event_details: string[];
  hash: string;
  bytes: number;
  record_kind: string;
  producer_id: string;
  key: string;
  epoch_hex: string;
  lane: number;
  first_seq: number;
  count: number;
  header: string;
  state: State;
  decision: [Decision['kind'] | '', string, number, string, number, string];
  later: LaterTuple[];
}

const limits = { executionSeconds: 20, memoryBytes: 1_073_741_824, resultBytes: 67_108_864 };

/**
 * One statement for all: the rows that are wanted, what `batches` knows of them, the newest decision, and the records further on with the same
 * bytes. `state` is said here, and nowhere else, so that lists, counts and checks agree.
 */
const statement = (where: string): string => `
  WITH
    aside AS (
      SELECT incarnation, partition, offset, append_time, toString(disposition) AS disposition, toString(reason) AS reason, detail, event_idx,
        event_reasons, event_details, lower(hex(value_hash)) AS hash
      FROM {database:Identifier}.quarantine WHERE ${where}
      LIMIT 1 BY partition, offset, incarnation),
    decided AS (
      SELECT toFixedString(unhex(incarnation), 16) AS life, partition, offset,
        argMax((kind, published_hash, published_offset, decided_by, toUnixTimestamp64Milli(decided_at), reason), version) AS decision
      FROM {database:Identifier}.quarantine_decisions GROUP BY incarnation, partition, offset),
    mine AS (
      SELECT aside.*, decided.decision AS decision, if(decision.2 = '', aside.hash, decision.2) AS wanted
      FROM aside LEFT JOIN decided
        ON aside.partition = decided.partition AND aside.offset = decided.offset AND aside.incarnation = decided.life),
    again AS (
      SELECT lower(hex(value_hash)) AS hash, partition,
        arraySort(record -> (record.3, record.2), groupArray(${mostLater})((lower(hex(incarnation)), offset,
          toUnixTimestamp64Milli(append_time), toString(disposition), toString(reason), accepted))) AS records
      FROM {database:Identifier}.batches
      WHERE append_time >= (SELECT min(append_time) FROM mine) AND lower(hex(value_hash)) IN (SELECT wanted FROM mine)
      GROUP BY value_hash, partition)
  SELECT lower(hex(mine.incarnation)) AS life, mine.partition AS partition, mine.offset AS offset,
    toUnixTimestamp64Milli(mine.append_time) AS ms, mine.disposition AS disposition, mine.reason AS reason, mine.detail AS detail,
    mine.event_idx AS event_idx, mine.event_reasons AS event_reasons, mine.event_details AS event_details, mine.hash AS hash,
    known.value_bytes AS bytes, toString(known.record_kind) AS record_kind, toString(known.producer_id) AS producer_id,
    lower(hex(known.key_id)) AS key, lower(hex(known.epoch)) AS epoch_hex, known.lane AS lane, known.first_seq AS first_seq,
    known.count AS count, lower(hex(known.header_hash)) AS header, mine.decision AS decision,
    arrayFilter(record -> if(record.1 = life, record.2 > mine.offset, record.3 > ms), again.records) AS later,
    arrayExists(record -> record.4 != 'quarantined', later) AS got_in,
    arrayFilter(i -> NOT arrayExists(record -> has(record.6, i), later), mine.event_idx) AS missing,
    arrayExists(record -> if(decision.3 >= 0, record.2 >= decision.3, record.3 >= decision.5), later) AS has_come,
    multiIf(
      disposition = 'quarantined' AND got_in, 'released',
      disposition = 'partial' AND empty(missing), 'released',
      decision.1 = 'discarded', 'discarded',
      disposition = 'quarantined' AND decision.1 = 'released' AND has_come, 'released',
      'open') AS state
  FROM mine
  LEFT JOIN (
    SELECT * FROM {database:Identifier}.batches
    WHERE (partition, offset) IN (SELECT partition, offset FROM aside)) AS known
    ON mine.partition = known.partition AND mine.offset = known.offset AND mine.incarnation = known.incarnation
  LEFT JOIN again ON mine.wanted = again.hash AND mine.partition = again.partition`;

/** Of the records further on with the same bytes, so many are looked at. */
const mostLater = 1_000;

export function createQuarantineTable({
  clickhouse,
  database,
}: {
  clickhouse: ClickHouseClient;
  database: string;
}): QuarantineTable {
  const ask = async <T>(query: string, params: Record<string, unknown>): Promise<T[]> => {
    try {
      const result = await clickhouse.query({
        query,
        query_params: { database, ...params },
        format: 'JSONEachRow',
        clickhouse_settings: {
          ...limitSettings(limits),
          output_format_json_quote_64bit_integers: 0,
          wait_end_of_query: 1,
        },
      });
      return await result.json<T>();
    } catch (error) {
      throw queryProblem(error, limits);
    }
  };

  return {
    async list(filter, { limit, after }) {
      const { rows, states, params } = conditionsOf(filter, after);
      const found = await ask<Row>(
        `SELECT * EXCEPT (got_in, missing, has_come) FROM (${statement(rows)}) WHERE ${states}
         ORDER BY ms DESC, partition DESC, offset DESC, life DESC LIMIT {limit:UInt32}`,
        { ...params, limit },
      );
      return found.map(setAsideOf);
    },
    async totals(filter) {
      const { rows, states, params } = conditionsOf(filter, undefined);
      const found = await ask<{ reason: Reason | ''; state: State; records: number }>(
        `SELECT why AS reason, state, count() AS records
         FROM (${statement(rows)})
         ARRAY JOIN arrayConcat(if(disposition = 'partial', arrayDistinct(event_reasons), [reason]), ['']) AS why
         WHERE ${states} GROUP BY why, state ORDER BY records DESC, why, state`,
        params,
      );
      const byState: Record<State, number> = { open: 0, released: 0, discarded: 0 };
      const byReason: ReasonTotal[] = [];
      for (const { reason, state, records } of found) {
        if (reason === '') byState[state] = records;
        else byReason.push({ reason, state, records });
      }
      return { byReason, byState };
    },
    async at(places) {
      if (places.length === 0) return [];
      const list = places.map(({ partition, offset }) => `(${whole(partition)}, ${whole(offset)})`).join(', ');
      const found = await ask<Row>(
        `SELECT * EXCEPT (got_in, missing, has_come) FROM (${statement(`(partition, offset) IN (${list})`)})
         ORDER BY ms DESC`,
        {},
      );
      return found.map(setAsideOf);
    },
    async values({ incarnation, partition, offset }) {
      const bytes = await fetchRowBinary({
        clickhouse,
        query: `SELECT value FROM {database:Identifier}.quarantine
          WHERE partition = {partition:UInt32} AND offset = {offset:UInt64} AND incarnation = unhex({incarnation:String})`,
        params: { database, partition, offset, incarnation },
      }).catch((error) => {
        throw queryProblem(error, limits);
      });
      const reader = new RowBinaryReader(bytes);
      const values: Buffer[] = [];
      while (!reader.done) values.push(reader.blob());
      return values;
    },
  };
}

/** What goes to the rows before anything is looked up for them, and what is asked of the whole. */
function conditionsOf(
  { reasons, partition, fromMs, toMs, producer, key, states }: QuarantineFilter,
  after: PageEnd | undefined,
): { rows: string; states: string; params: Record<string, unknown> } {
  const rows = ['true'];
  const whole = ['true'];
  const params: Record<string, unknown> = {};
  const when = (given: unknown, list: string[], sql: string, named: Record<string, unknown>): void => {
    if (given === undefined) return;
    list.push(sql);
    Object.assign(params, named);
  };
  when(reasons, rows, '(reason IN {reasons:Array(String)} OR hasAny(event_reasons, {reasons:Array(String)}))', {
    reasons,
  });
  when(partition, rows, 'partition = {partition:UInt32}', { partition });
  when(fromMs, rows, 'append_time >= fromUnixTimestamp64Milli({fromMs:Int64})', { fromMs });
  when(toMs, rows, 'append_time < fromUnixTimestamp64Milli({toMs:Int64})', { toMs });
  when(
    after,
    rows,
    `(toUnixTimestamp64Milli(append_time), partition, offset, lower(hex(incarnation)))
      < ({afterMs:Int64}, {afterPartition:UInt32}, {afterOffset:UInt64}, {afterLife:String})`,
    {
      afterMs: after?.appendTimeMs,
      afterPartition: after?.partition,
      afterOffset: after?.offset,
      afterLife: after?.incarnation,
    },
  );
  when(producer, whole, 'producer_id = {producer:String}', { producer });
  when(key, whole, 'key = {key:String}', { key });
  when(states, whole, 'state IN {states:Array(String)}', { states });
  return { rows: rows.join(' AND '), states: whole.join(' AND '), params };
}

function whole(value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`${value} is no whole number`);
}

function setAsideOf(row: Row): SetAside {
  const [kind, publishedHash, publishedOffset, by, atMs, reason] = row.decision;
  return {
    incarnation: row.life,
    partition: row.partition,
    offset: row.offset,
    appendTimeMs: row.ms,
    disposition: row.disposition,
    reason: row.reason,
    detail: row.detail,
    refused: row.event_idx.map((index, at) => ({
      index,
      reason: row.event_reasons[at]!,
      detail: row.event_details[at]!,
    })),
    bytes: row.bytes,
    valueHash: row.hash,
    header:
      row.header === ''
        ? undefined
        : {
            kind: row.record_kind,
            producerId: row.producer_id,
            keyId: row.key,
            epoch: row.epoch_hex,
            lane: row.lane,
            firstSeq: row.first_seq,
            count: row.count,
            headerHash: row.header,
          },
    state: row.state,
    decision:
      kind === ''
        ? undefined
        : {
            kind,
            by,
            atMs,
            reason,
            publishedHash,
            publishedOffset: publishedOffset < 0 ? undefined : publishedOffset,
          },
    later: row.later.map(([incarnation, offset, appendTimeMs, disposition, why, accepted]) => ({
      incarnation,
      offset,
      appendTimeMs,
      disposition,
      reason: why as LaterRecord['reason'],
      accepted,
    })),
  };
}
