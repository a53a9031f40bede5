import { decodeIngestCursor, type IngestCursor, type Position } from '../../core/cursor/index.js';
import { decodeEventRows, type EventRow, eventColumns } from '../../core/rows/index.js';
import type { Bind } from '../../core/sql/bind.js';
import { type Problem, unavailable } from '../errors.js';
import { isTooLarge } from './clickhouse-errors.js';
import { badParameter } from './errors.js';
import { type Filter, filterSql } from './filter.js';
import type { Records } from './records.js';
import type { EventsTable, TenantScope } from './scope.js';

export interface HistoryPage {
  /** In ingest order: ascending by (partition, offset, idx). */
  rows: EventRow[];
  /** Behind the last row, and behind everything that was read and did not match. */
  cursor: IngestCursor;
  /** Everything that was stored when the page was read is behind the cursor. */
  caughtUp: boolean;
  pace: Pace;
}

/** What a page learned of the data, for the page that follows it. */
export interface Pace {
  /** Offsets per partition to look through at once: few where many events match, more and more where hardly any does. */
  span: number;
  /** Rows to ask for at once: fewer where events are so large that not all that were wanted fit into an answer. */
  rows: number;
}

export interface History {
  page(query: {
    scope: TenantScope;
    filter: Filter;
    cursor: IngestCursor;
    limit: number;
    pace?: Pace | undefined;
    /** Reads these partitions only; all of them where absent. */
    only?: ReadonlySet<number> | undefined;
    /** How old the knowledge of what is stored may be; 0 where absent. */
    maxAgeMs?: number;
    signal?: AbortSignal | undefined;
  }): Promise<HistoryPage>;
  /** A cursor before everything, behind everything that is stored now, or the one that a text holds (throws a Problem). */
  start(since: string, parameter: string): Promise<IngestCursor>;
}

const spans = { first: 1_024, least: 16, most: 2 ** 40 };
/** A query names at most so many partitions, and a page makes at most so many queries. */
const partitionsAtOnce = 16;
const roundsPerPage = 8;

/** A stretch of a partition yet to be read: from a position up to an offset, exclusive. */
interface Stretch {
  partition: number;
  from: Position;
  end: number;
}

/** Reads events in the order in which they were recorded, only as far as ClickHouse holds records whole. */
export function createHistory({
  table,
  records,
  incarnation,
}: {
  table: EventsTable;
  records: Records;
  /** The topic's present incarnation; undefined before the registry names one. */
  incarnation: () => Buffer | undefined;
}): History {
  const present = (): Buffer => {
    const id = incarnation();
    if (!id) throw unavailable('registry', 'the registry does not name the topic yet');
    return id;
  };

  const lives = async (): Promise<Buffer[]> => {
    const last = present();
    return [...(await records.incarnations()).filter((id) => !id.equals(last)), last];
  };

  /** The life of the topic that follows, undefined behind the last. */
  const lifeAfter = async ({ incarnation: id }: IngestCursor): Promise<IngestCursor | undefined> => {
    if (id.equals(present())) return undefined;
    const all = await lives();
    return { incarnation: all[all.findIndex((life) => life.equals(id)) + 1]!, positions: new Map() };
  };

  /** Each stretch by itself: the engine keeps as many rows as are asked for, and reads the other columns of those alone. */
  const readRound = async (
    query: Parameters<History['page']>[0],
    stretches: Stretch[],
    each: number,
  ): Promise<EventRow[]> => {
    const found = await Promise.all(
      stretches.map((stretch) =>
        table.select({
          name: 'history',
          scope: query.scope,
          columns: eventColumns,
          where: (bind) => [
            `incarnation = unhex(${bind('String', query.cursor.incarnation.toString('hex'))})`,
            stretchSql(stretch, bind),
            ...filterSql(query.filter, bind),
          ],
          rest: `ORDER BY offset, idx LIMIT ${each}`,
          signal: query.signal,
        }),
      ),
    );
    return found.flatMap(decodeEventRows);
  };

  const page: History['page'] = async (query) => {
    const { cursor, limit } = query;
    const everywhere = await records.stored(cursor.incarnation, query.maxAgeMs);
    const stored = new Map([...everywhere].filter(([partition]) => query.only?.has(partition) ?? true));
    const positions = new Map(cursor.positions);
    const rows: EventRow[] = [];
    let { span, rows: most } = query.pace ?? { span: spans.first, rows: limit };
    for (let round = 0; round < roundsPerPage && rows.length < limit; round += 1) {
      const room = limit - rows.length;
      const stretches = openStretches(positions, stored, span).slice(0, room);
      if (stretches.length === 0) break;
      const each = Math.max(1, Math.floor(Math.min(most, room) / stretches.length));
      try {
        const found = await readRound(query, stretches, each);
        for (const stretch of stretches) positions.set(stretch.partition, behind(stretch, found, each));
        rows.push(...found);
        span = nextSpan(span, found.length, each * stretches.length);
        most = Math.min(most * 2, limit);
      } catch (error) {
        if (!isTooLarge(error) || most === 1) throw error;
        most = Math.ceil(Math.min(most, room) / 4);
      }
    }
    rows.sort((a, b) => a.partition - b.partition);
    const after = { incarnation: cursor.incarnation, positions };
    const behindAll = openStretches(positions, stored, span).length === 0;
    const next = behindAll ? await lifeAfter(after) : undefined;
    return { rows, cursor: next ?? after, caughtUp: behindAll && !next, pace: { span, rows: most } };
  };

  return {
    page,
    async start(since, parameter) {
      if (since === 'now') {
        const id = present();
        const stored = await records.stored(id);
        return { incarnation: id, positions: new Map([...stored].map(([at, offset]) => [at, { offset, idx: 0 }])) };
      }
      if (since === 'beginning') return { incarnation: (await lives())[0]!, positions: new Map() };
      const cursor = decodeIngestCursor(since);
      const bad = (why: string): Problem =>
        badParameter(parameter, `${why}; give a cursor from an answer, "now" or "beginning"`);
      if (!cursor) throw bad('is no cursor of this kind, or damaged');
      if (!cursor.incarnation.equals(present()) && !(await lives()).some((life) => life.equals(cursor.incarnation))) {
        throw bad('was made for another log');
      }
      return cursor;
    },
  };
}

/** What is stored and not yet behind the positions, the longest backlog first, so that no partition starves another. */
function openStretches(
  positions: ReadonlyMap<number, Position>,
  stored: ReadonlyMap<number, number>,
  span: number,
): Stretch[] {
  return [...stored]
    .map(([partition, end]) => {
      const from = positions.get(partition) ?? { offset: 0, idx: 0 };
      return { partition, from, end, backlog: end - from.offset };
    })
    .filter(({ backlog }) => backlog > 0)
    .sort((a, b) => b.backlog - a.backlog)
    .slice(0, partitionsAtOnce)
    .map(({ partition, from, end }) => ({ partition, from, end: Math.min(end, from.offset + span) }));
}

/** Where a partition stands after a round: behind its last row where there may be more, else behind the whole stretch. */
function behind({ partition, end }: Stretch, found: EventRow[], each: number): Position {
  const rows = found.filter((row) => row.partition === partition);
  const last = rows.at(-1);
  return last && rows.length >= each ? { offset: last.offset, idx: last.idx + 1 } : { offset: end, idx: 0 };
}

function nextSpan(span: number, found: number, wanted: number): number {
  if (found >= wanted) return Math.max(Math.floor(span / 2), spans.least);
  return found * 4 < wanted ? Math.min(span * 4, spans.most) : span;
}

function stretchSql({ partition, from, end }: Stretch, bind: Bind): string {
  const offset = bind('UInt64', from.offset);
  return `(partition = ${bind('UInt32', partition)} AND offset >= ${offset} AND offset < ${bind('UInt64', end)}
    AND (offset > ${offset} OR idx >= ${bind('UInt16', from.idx)}))`;
}
