import type { WireEvent } from '../wire/event.js';
import { actorTypes, eventKinds, outcomes, scopes } from '../wire/symbols.js';
import { RowBinaryReader } from './row-binary.js';

/** How a column is read from RowBinary; T is what it becomes. */
type Read<T> = (reader: RowBinaryReader) => T;

const text: Read<string> = (reader) => reader.text();
const texts: Read<string[]> = (reader) => reader.list(() => reader.text());
const blob: Read<Buffer> = (reader) => reader.blob();
const u32: Read<number> = (reader) => reader.u32();
const u64: Read<number> = (reader) => reader.long(false);
const ticks: Read<number> = (reader) => reader.long(true);
const symbol =
  <T extends string>(symbols: readonly T[]): Read<T> =>
  (reader) =>
    symbols[reader.i8()]!;

/** The columns of `events`, in the table's order. Times are ticks: `append_time` milliseconds, `occurred_at` microseconds. */
const columns = {
  incarnation: (reader: RowBinaryReader) => reader.fixed(16),
  partition: u32,
  offset: u64,
  idx: (reader: RowBinaryReader) => reader.u16(),
  lane: u32,
  seq: u64,
  append_time: ticks,
  /** Stored in two halves, which together are what RowBinary writes of a UUID. */
  id: (reader: RowBinaryReader) => reader.uuid(),
  occurred_at: ticks,
  scope: symbol(scopes),
  organization_id: text,
  application_id: text,
  actor_type: symbol(actorTypes),
  actor_id: text,
  action: text,
  kind: symbol(eventKinds),
  target_type: text,
  target_id: text,
  related_type: texts,
  related_id: texts,
  outcome: symbol(outcomes),
  reason: text,
  auth_method: text,
  service: text,
  correlation_id: text,
  request_id: text,
  trace_id: text,
  details_schema: text,
  actor_name: text,
  actor_email: text,
  target_name: text,
  ip_bytes: blob,
  user_agent: text,
  session_id: text,
  message: text,
  path: text,
  details: text,
  before: text,
  after: text,
  identity_digest: blob,
  content_digest: blob,
};

/** A row of `events`. */
export type EventRow = { -readonly [Column in keyof typeof columns]: ReturnType<(typeof columns)[Column]> } & {
  /** Columns that hold what no signed event can: bytes that are no UTF-8, an array without its partner. */
  malformed: string[];
};

const entries = Object.entries(columns) as [keyof typeof columns, Read<unknown>][];

/** What to SELECT, FORMAT RowBinary, for `decodeEventRows`. */
export const eventColumns: readonly string[] = entries.flatMap(([name]) =>
  name === 'id' ? ['id_time', 'id_random'] : [name],
);

/** Rows of `eventColumns`. */
export function decodeEventRows(bytes: Buffer): EventRow[] {
  const reader = new RowBinaryReader(bytes);
  const rows: EventRow[] = [];
  while (!reader.done) {
    const row: Record<string, unknown> = {};
    const malformed: string[] = [];
    for (const [name, read] of entries) {
      row[name] = read(reader);
      if (reader.malformed) malformed.push(name);
      reader.malformed = false;
    }
    rows.push(checked({ ...row, malformed } as EventRow));
  }
  return rows;
}

function checked(row: EventRow): EventRow {
  if (row.related_type.length !== row.related_id.length) row.malformed.push('related_type', 'related_id');
  return row;
}

/**
 * The event that a row holds: `encodeEvent` of it gives the bytes that were signed, unless the row was altered or a part erased.
 * A row with `malformed` columns gives an event that only resembles it.
 */
export function rowToWire(row: EventRow): WireEvent {
  const erased = (['identity', 'content'] as const).filter((part) => row[`${part}_digest`].length > 0);
  return {
    ...(erased.length > 0 ? { erased } : {}),
    body: {
      id: row.id,
      occurred_at: row.occurred_at,
      scope: row.scope,
      organization_id: row.organization_id,
      application_id: row.application_id,
      actor_type: row.actor_type,
      actor_id: row.actor_id,
      action: row.action,
      kind: row.kind,
      target_type: row.target_type,
      target_id: row.target_id,
      related: row.related_type.map((type, at) => ({ type, id: row.related_id[at] ?? '' })),
      outcome: row.outcome,
      reason: row.reason,
      auth_method: row.auth_method,
      service: row.service,
      correlation_id: row.correlation_id,
      request_id: row.request_id,
      trace_id: row.trace_id,
      details_schema: row.details_schema,
    },
    identity: {
      actor_name: row.actor_name,
      actor_email: row.actor_email,
      target_name: row.target_name,
      ip: row.ip_bytes,
      user_agent: row.user_agent,
      session_id: row.session_id,
    },
    content: {
      message: row.message,
      path: row.path,
      details: row.details,
      before: row.before,
      after: row.after,
    },
  };
}
