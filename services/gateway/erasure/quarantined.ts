import { Readable } from 'node:stream';
import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import {
  bodyOf,
  type ErasablePartName,
  type ErasedParts,
  eraseFrame,
  type OpenFrame,
  partOf,
  readFrame,
  saltsOfFrame,
} from '../../core/erasure/index.js';
import { fetchRowBinary } from '../../core/rows/index.js';
import { RowBinaryReader } from '../../core/rows/row-binary.js';
import { headerHash, sha256 } from '../../core/seal/index.js';
import { decodeEvent, type EventParts, formatUuid, type WireEvent, WireFault } from '../../core/wire/index.js';
import { inTenant, type TenantScope } from '../query/scope.js';
import type { FoundPart } from './part-table.js';
import { isAboutErasure, type Subject } from './subject.js';

/** A row of `quarantine`, as far as an erasure needs it. */
interface QuarantineRow {
  incarnation: Buffer;
  partition: number;
  offset: number;
  appendTimeMs: number;
  /** RowBinary of every column before `value`. */
  head: Buffer;
  value: Buffer;
}

/** What an erasure does to records that were set aside: their bytes hold events that no other table has. */
export interface Quarantined {
  /** The subject's parts in them. */
  find(options: {
    scopes: readonly TenantScope[];
    subject: Subject;
    parts: readonly ErasablePartName[];
    incarnation: string;
    below: readonly number[];
    onParts: (parts: FoundPart[]) => Promise<void>;
  }): Promise<{ unreadable: number }>;
  /** Puts the ErasedBatch in the place of every record of which the list names a part. */
  rewrite(erased: ErasedParts): Promise<void>;
}

/** Rows held at once; a record has a megabyte at most. */
const pageRows = 16;

export function createQuarantined({
  clickhouse,
  database,
}: {
  clickhouse: ClickHouseClient;
  database: string;
}): Quarantined {
  async function* pages(): AsyncGenerator<QuarantineRow[]> {
    let after = { incarnation: '', partition: 0, offset: -1 };
    for (;;) {
      const bytes = await fetchRowBinary({
        clickhouse,
        query: `SELECT ${columns.join(', ')} FROM {database:Identifier}.quarantine
          WHERE (partition, toInt64(offset), incarnation) > ({partition:UInt32}, {offset:Int64}, toFixedString(unhex({incarnation:String}), 16))
          ORDER BY partition, offset, incarnation LIMIT ${pageRows} WITH TIES`,
        params: { database, ...after },
      });
      const rows = decodeRows(bytes);
      if (rows.length > 0) yield rows;
      if (rows.length < pageRows) return;
      const last = rows.at(-1)!;
      after = { incarnation: last.incarnation.toString('hex'), partition: last.partition, offset: last.offset };
    }
  }

  const isThere = async (row: QuarantineRow, value: Buffer): Promise<boolean> => {
    const result = await clickhouse.query({
      query: `SELECT count() AS rows FROM {database:Identifier}.quarantine WHERE ${rowSql(row, value)}`,
      query_params: { database },
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    });
    const [found] = await result.json<{ rows: number }>();
    return found!.rows > 0;
  };

  /** The new row first: where the process is killed in between, both are there, and the old one is found and deleted later. */
  const replace = async (row: QuarantineRow, value: Buffer): Promise<void> => {
    if (!(await isThere(row, value))) {
      const { stream } = await clickhouse.exec({
        query: `INSERT INTO {database:Identifier}.quarantine (${columns.join(', ')}) FORMAT RowBinary`,
        query_params: { database },
        values: Readable.from([row.head, lengthOf(value), value], { objectMode: false }),
        clickhouse_settings: { insert_deduplicate: 0 },
      });
      for await (const _ of stream);
    }
    await clickhouse.command({
      query: `ALTER TABLE {database:Identifier}.quarantine DELETE WHERE ${rowSql(row, row.value)}`,
      query_params: { database },
      clickhouse_settings: { mutations_sync: '2' },
    });
  };

  return {
    async find({ scopes, subject, parts, incarnation, below, onParts }) {
      let unreadable = 0;
      for await (const rows of pages()) {
        const found: FoundPart[] = [];
        for (const row of rows) {
          const life = row.incarnation.toString('hex');
          if (life === incarnation && row.offset >= (below[row.partition] ?? 0)) continue;
          const open = openFrame(row.value);
          if (!open) {
            if (subject.texts.some((text) => row.value.includes(text))) unreadable += 1;
            continue;
          }
          found.push(...foundIn(row, open, { scopes, subject, parts }));
        }
        if (found.length > 0) await onParts(found);
      }
      return { unreadable };
    },
    async rewrite(erased) {
      for await (const rows of pages()) {
        for (const row of rows) {
          const open = openFrame(row.value);
          if (!open) continue;
          const hash = headerHash(open.frame.header).toString('hex');
          if (!erased.names(hash)) continue;
          const rest = eraseFrame(open, (index, part) => erased.has(hash, index, part));
          if (!rest) continue;
          await replace(row, rest.frame.value);
        }
      }
    },
  };
}

/** `value` comes last, so that a row can be written anew with another one. */
const columns = [
  'incarnation',
  'partition',
  'offset',
  'append_time',
  'disposition',
  'reason',
  'detail',
  'event_idx',
  'event_reasons',
  'event_details',
  'value_hash',
  'value',
] as const;

function decodeRows(bytes: Buffer): QuarantineRow[] {
  const reader = new RowBinaryReader(bytes);
  const rows: QuarantineRow[] = [];
  while (!reader.done) {
    const start = reader.pos;
    const row = {
      incarnation: reader.fixed(16),
      partition: reader.u32(),
      offset: reader.long(false),
      appendTimeMs: reader.long(true),
    };
    reader.i8();
    reader.blob();
    reader.blob();
    reader.list(() => reader.u16());
    reader.list(() => reader.blob());
    reader.list(() => reader.blob());
    reader.fixed(32);
    const head = bytes.subarray(start, reader.pos);
    rows.push({ ...row, head, value: reader.blob() });
  }
  return rows;
}

/** A row and its value, by the value's hash: statements of mutations are kept, and hold no value. */
const rowSql = ({ incarnation, partition, offset }: QuarantineRow, value: Buffer): string =>
  `incarnation = unhex('${incarnation.toString('hex')}') AND partition = ${partition} AND offset = ${offset}
    AND SHA256(value) = unhex('${sha256(value).toString('hex')}')`;

/** LEB128. */
function lengthOf({ length }: Buffer): Buffer {
  const bytes: number[] = [];
  for (let left = length; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left]);
    bytes.push((left % 128) + 128);
  }
}

/** Undefined for what no reader can take apart. */
function openFrame(value: Buffer): OpenFrame | undefined {
  try {
    const frame = readFrame(value);
    return { frame, salts: saltsOfFrame(frame) };
  } catch (error) {
    if (error instanceof WireFault) return undefined;
    throw error;
  }
}

function foundIn(
  row: QuarantineRow,
  open: OpenFrame,
  {
    scopes,
    subject,
    parts: wanted,
  }: { scopes: readonly TenantScope[]; subject: Subject; parts: readonly ErasablePartName[] },
): FoundPart[] {
  const hash = headerHash(open.frame.header).toString('hex');
  return Array.from({ length: open.frame.count }, (_, index) => {
    const [identity, content] = [partOf(open, index, 'identity'), partOf(open, index, 'content')];
    const event = readable({ body: bodyOf(open.frame, index), identity: identity.bytes, content: content.bytes });
    if (!event || isAboutErasure(event) || !subject.test(event)) return [];
    if (!scopes.some((scope) => inTenant(scope, event.body))) return [];
    const states = { identity, content };
    return wanted
      .filter((part) => !states[part].erased && states[part].bytes.length > 0)
      .map((part) => ({
        headerHash: hash,
        index,
        part,
        digest: states[part].digest.toString('hex'),
        eventId: formatUuid(event.body.id),
        incarnation: row.incarnation.toString('hex'),
        partition: row.partition,
        offset: row.offset,
        appendTimeMs: row.appendTimeMs,
        source: 'quarantine' as const,
      }));
  }).flat();
}

/** Events that were refused may be malformed in any way. */
function readable(parts: EventParts): WireEvent | undefined {
  try {
    return decodeEvent(parts);
  } catch {
    return undefined;
  }
}
