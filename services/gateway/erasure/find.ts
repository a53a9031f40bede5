import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import type { ErasablePartName } from '../../core/erasure/index.js';
import { decodeEventRows, type EventRow, eventColumns, fetchRowBinary, rowToWire } from '../../core/rows/index.js';
import { RowBinaryReader } from '../../core/rows/row-binary.js';
import { expandSalts, partDigest } from '../../core/seal/index.js';
import type { Bind } from '../../core/sql/bind.js';
import { encodeEvent, formatUuid } from '../../core/wire/index.js';
import { nothingHidden } from '../catalogue/hidden.js';
import type { EventsTable, TenantScope } from '../query/scope.js';
import type { Erasure } from './erasure-table.js';
import type { FoundPart } from './part-table.js';
import { notAboutErasure, type Subject, stillThere } from './subject.js';

/** Where a page ended: the next begins above it. */
export interface FoundUpTo {
  incarnation: string;
  partition: number;
  offset: number;
  idx: number;
}

export interface FoundPage {
  parts: FoundPart[];
  /** Undefined where nothing more is to be found. */
  upTo: FoundUpTo | undefined;
  /** Rows of which no record is stored: fsck's, not ours. */
  withoutRecord: number;
}

/** Events of a page, and their bytes: a page is held in memory. */
const pageEvents = 1_000;
const pageBytes = 33_554_432;
/** Salts of a record that has lost its seed come with it: 32 bytes an event. */
const recordsAtOnce = 500;

/** The scopes in which an erasure looks for its subject. Events for owners only are in them: they are not exempt. */
export const scopesOfErasure = ({
  organizations,
  withSystem,
}: Pick<Erasure, 'organizations' | 'withSystem'>): TenantScope[] => [
  { kind: 'organizations', organizations, hidden: nothingHidden },
  ...(withSystem ? [{ kind: 'system' } as const] : []),
];

/** What is looked for: the subject's parts that are still there, of events that were recorded below `below`. */
export interface Wanted {
  scope: TenantScope;
  subject: Subject;
  parts: readonly ErasablePartName[];
  incarnation: string;
  /** By partition; what lies in an earlier incarnation is below it in any case. */
  below: readonly number[];
}

export const wantedSql = ({ subject, parts, incarnation, below }: Wanted, bind: Bind): string[] => [
  ...subject.sql(bind),
  notAboutErasure,
  stillThere(parts),
  `incarnation != unhex(${bind('String', incarnation)}) OR (${
    below
      .map((offset, partition) => `(partition = ${partition} AND offset < ${bind('UInt64', offset)})`)
      .join(' OR ') || 'false'
  })`,
];

export function createFinder({
  table,
  clickhouse,
  database,
}: {
  table: EventsTable;
  clickhouse: ClickHouseClient;
  database: string;
}) {
  const order = 'incarnation, partition, offset, idx';
  const above = (bind: Bind, { incarnation, partition, offset, idx }: FoundUpTo): string =>
    `(${order}) > (toFixedString(unhex(${bind('String', incarnation)}), 16), ${bind('UInt32', partition)}, ${bind('UInt64', offset)}, ${bind('UInt16', idx)})`;
  const upTo = (bind: Bind, { incarnation, partition, offset, idx }: FoundUpTo): string =>
    `(${order}) <= (toFixedString(unhex(${bind('String', incarnation)}), 16), ${bind('UInt32', partition)}, ${bind('UInt64', offset)}, ${bind('UInt16', idx)})`;

  /** How far a page goes, so that its rows are bounded in number and bytes. */
  const endOfPage = async (wanted: Wanted, after: FoundUpTo | undefined, signal: AbortSignal) => {
    const rows = await table.selectObjects<Omit<FoundUpTo, 'incarnation'> & { life: string; bytes: number }>({
      name: 'erasure',
      scope: wanted.scope,
      columns: [
        'lower(hex(incarnation)) AS life',
        'partition',
        'offset',
        'idx',
        'length(message) + length(path) + length(details) + length(before) + length(after) + length(actor_name) + length(user_agent) + 1024 AS bytes',
      ],
      where: (bind) => [...wantedSql(wanted, bind), ...(after ? [above(bind, after)] : [])],
      rest: `ORDER BY ${order} LIMIT ${pageEvents}`,
      settings: quiet,
      signal,
    });
    let bytes = 0;
    const own = rows.filter((row, at) => {
      bytes += row.bytes;
      return at === 0 || bytes <= pageBytes;
    });
    const last = own.at(-1);
    return {
      last: last && { ...last, incarnation: last.life },
      whole: own.length === rows.length && rows.length < pageEvents,
    };
  };

  /** Salts and header hashes of the records that these rows came from, by place. */
  const recordsOf = async (rows: readonly EventRow[]): Promise<Map<string, RecordSalts>> => {
    const places = [...new Map(rows.map((row) => [placeOf(row), row])).values()];
    const found = new Map<string, RecordSalts>();
    for (let at = 0; at < places.length; at += recordsAtOnce) {
      const list = places
        .slice(at, at + recordsAtOnce)
        .map(
          ({ incarnation, partition, offset }) => `(unhex('${incarnation.toString('hex')}'), ${partition}, ${offset})`,
        );
      const bytes = await fetchRowBinary({
        clickhouse,
        query: `SELECT incarnation, partition, offset, header_hash, salt_seed, salts, count FROM {database:Identifier}.batches
          WHERE (incarnation, partition, offset) IN (${list.join(', ')}) AND header_hash != ''`,
        params: { database },
      });
      const reader = new RowBinaryReader(bytes);
      while (!reader.done) {
        const place = { incarnation: reader.fixed(16), partition: reader.u32(), offset: reader.long(false) };
        const [headerHash, seed, salts, count] = [reader.blob(), reader.blob(), reader.blob(), reader.u16()];
        const all = seed.length === 32 ? expandSalts(seed, count) : salts;
        found.set(placeOf(place), { headerHash: headerHash.toString('hex'), salts: all });
      }
    }
    return found;
  };

  return {
    /** How many events hold something of what is wanted. */
    async count(wanted: Wanted, signal: AbortSignal): Promise<number> {
      const [row] = await table.selectObjects<{ events: number }>({
        name: 'erasure_count',
        scope: wanted.scope,
        columns: ['count() AS events'],
        where: (bind) => wantedSql(wanted, bind),
        settings: quiet,
        signal,
      });
      return row!.events;
    },

    /** The next parts, in the order of their places. */
    async page(wanted: Wanted, after: FoundUpTo | undefined, signal: AbortSignal): Promise<FoundPage> {
      const { last, whole } = await endOfPage(wanted, after, signal);
      if (!last) return { parts: [], upTo: undefined, withoutRecord: 0 };
      const rows = decodeEventRows(
        await table.select({
          name: 'erasure',
          scope: wanted.scope,
          columns: eventColumns,
          where: (bind) => [...wantedSql(wanted, bind), ...(after ? [above(bind, after)] : []), upTo(bind, last)],
          settings: quiet,
          signal,
        }),
      );
      const records = await recordsOf(rows);
      const parts = rows.flatMap((row) => {
        const record = records.get(placeOf(row));
        return record ? foundIn(row, record, wanted.parts) : [];
      });
      return {
        parts,
        upTo: whole ? undefined : last,
        withoutRecord: rows.filter((row) => !records.has(placeOf(row))).length,
      };
    },
  };
}

export type Finder = ReturnType<typeof createFinder>;

interface RecordSalts {
  headerHash: string;
  salts: Buffer;
}

/** Whom the query is about shall not stand in ClickHouse's log of queries. */
const quiet = { log_queries: 0 } as const;

const placeOf = ({ incarnation, partition, offset }: Pick<EventRow, 'incarnation' | 'partition' | 'offset'>): string =>
  `${incarnation.toString('hex')}/${partition}/${offset}`;

/** The parts of a row that are there. What is hashed is the row as it stands: of an altered one, the leaf was wrong before and stays so. */
function foundIn(row: EventRow, { headerHash, salts }: RecordSalts, wanted: readonly ErasablePartName[]): FoundPart[] {
  const encoded = encodeEvent(rowToWire(row));
  return wanted.flatMap((part) => {
    const bytes = encoded[part];
    if (bytes.length === 0) return [];
    const saltAt = row.idx * 32 + (part === 'identity' ? 0 : 16);
    return [
      {
        headerHash,
        index: row.idx,
        part,
        digest: partDigest(salts.subarray(saltAt, saltAt + 16), bytes).toString('hex'),
        eventId: formatUuid(row.id),
        incarnation: row.incarnation.toString('hex'),
        partition: row.partition,
        offset: row.offset,
        appendTimeMs: row.append_time,
        source: 'events' as const,
      },
    ];
  });
}
