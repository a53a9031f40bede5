import type { OpenedRecord } from '../../core/judge/index.js';
import { slot } from '../../core/wire/fields.js';
import { part, partTags } from '../../core/wire/parts.js';
import {
  type ArrayColumn,
  createArrayColumn,
  createFixedStringColumn,
  createHalfUuidColumn,
  createNumberColumn,
  createStringColumn,
  nativeBlock,
  type StringColumn,
} from '../columns/index.js';
import type { JudgedRecord, TableBlock } from './judged-record.js';

const none: Buffer = Buffer.alloc(0);

/** String columns whose bytes lie in the record's value as they are. */
const fieldSlots = {
  organization_id: slot.organizationId,
  application_id: slot.applicationId,
  actor_id: slot.actorId,
  action: slot.action,
  target_type: slot.targetType,
  target_id: slot.targetId,
  reason: slot.reason,
  auth_method: slot.authMethod,
  service: slot.service,
  correlation_id: slot.correlationId,
  request_id: slot.requestId,
  trace_id: slot.traceId,
  details_schema: slot.detailsSchema,
  actor_name: slot.actorName,
  actor_email: slot.actorEmail,
  target_name: slot.targetName,
  ip_bytes: slot.ip,
  user_agent: slot.userAgent,
  session_id: slot.sessionId,
  message: slot.message,
  path: slot.path,
  details: slot.details,
  before: slot.before,
  after: slot.after,
};

/** Enum8 columns: the index on the wire is the value in the table. */
const enumSlots = { scope: slot.scope, actor_type: slot.actorType, kind: slot.kind, outcome: slot.outcome };

/** Rows of `events`: the accepted events of each record, copied from its value without a JavaScript string on the way. */
export function createEventsBlock(): TableBlock {
  let incarnation = none;
  const record = {
    incarnation: createFixedStringColumn('incarnation', 16),
    partition: createNumberColumn('partition', 'UInt32'),
    offset: createNumberColumn('offset', 'UInt64'),
    lane: createNumberColumn('lane', 'UInt32'),
    appendTime: createNumberColumn('append_time', 'Int64', "DateTime64(3, 'UTC')"),
  };
  const idx = createNumberColumn('idx', 'UInt16');
  const seq = createNumberColumn('seq', 'UInt64');
  const idTime = createHalfUuidColumn('id_time');
  const idRandom = createHalfUuidColumn('id_random');
  const occurredAt = createNumberColumn('occurred_at', 'Int64', "DateTime64(6, 'UTC')");
  const enums = Object.entries(enumSlots).map(([name, at]) => ({ at, column: createNumberColumn(name, 'Int8') }));
  const fields = Object.entries(fieldSlots).map(([name, at]) => ({ at, column: createStringColumn(name) }));
  const relatedType = createArrayColumn(createStringColumn('related_type'));
  const relatedId = createArrayColumn(createStringColumn('related_id'));
  const digests = [
    { column: createStringColumn('identity_digest'), start: part.identityStart, tag: part.identityTag },
    { column: createStringColumn('content_digest'), start: part.contentStart, tag: part.contentTag },
  ];
  const columns = [
    ...Object.values(record),
    idx,
    seq,
    idTime,
    idRandom,
    occurredAt,
    ...enums.map(({ column }) => column),
    ...fields.map(({ column }) => column),
    relatedType,
    relatedId,
    ...digests.map(({ column }) => column),
  ];

  const appendPlace = (
    { record: { partition, offset, appendTimeMs } }: JudgedRecord,
    lane: number,
    rows: number,
  ): void => {
    record.incarnation.repeat(incarnation, rows);
    record.partition.repeat(partition, rows);
    record.offset.repeat(offset, rows);
    record.lane.repeat(lane, rows);
    record.appendTime.repeat(appendTimeMs, rows);
  };

  const appendFields = ({ frame, header, fields: scanned }: OpenedRecord, accepted: readonly number[]): void => {
    const { value } = frame;
    const { positions } = scanned;
    for (const index of accepted) {
      const at = index * slot.stride;
      idx.append(index);
      seq.append(header.first_seq + index);
      idTime.append(value, positions[at + slot.id]!);
      idRandom.append(value, positions[at + slot.id]! + 8);
      occurredAt.append(scanned.occurredAt[index]!);
      appendRelated(value, positions[at + slot.related]!, positions[at + slot.relatedCount]!, relatedType, relatedId);
    }
    for (const { at, column } of enums) {
      for (const index of accepted) column.append(positions[index * slot.stride + at]!);
    }
    for (const { at, column } of fields) {
      column.appendFields({ value, positions, stride: slot.stride, slot: at, indices: accepted });
    }
  };

  return {
    get rows() {
      return idx.rows;
    },
    columnNames: columns.map(({ name }) => name),
    append(judged) {
      const { opened, accepted } = judged.judged;
      if (opened === undefined || accepted.length === 0) return;
      appendPlace(judged, opened.header.lane, accepted.length);
      appendFields(opened, accepted);
      for (const { column, start, tag } of digests) appendDigests(opened, accepted, column, start, tag);
    },
    chunks: () => nativeBlock(columns),
    reset(of) {
      incarnation = of;
      for (const column of columns) column.reset();
    },
  };
}

/** What stands in for an erased part; empty where the part is as it was signed. */
function appendDigests(
  { frame }: OpenedRecord,
  accepted: readonly number[],
  column: StringColumn,
  start: number,
  tag: number,
): void {
  if (frame.form === 'signed') {
    column.repeat(none, accepted.length);
    return;
  }
  for (const index of accepted) {
    const row = index * part.stride;
    const erased = frame.parts[row + tag] === partTags.digest;
    column.append(erased ? frame.value.subarray(frame.parts[row + start], frame.parts[row + start + 1]) : none);
  }
}

/** Reads the related items again; the judge has read them strictly, so that lengths are known to be canonical and in range. */
function appendRelated(
  value: Buffer,
  start: number,
  count: number,
  types: ArrayColumn<StringColumn>,
  ids: ArrayColumn<StringColumn>,
): void {
  let at = start;
  const field = (): Buffer => {
    let zigzag = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = value[at++]!;
      zigzag += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
    }
    at += zigzag / 2;
    return value.subarray(at - zigzag / 2, at);
  };
  for (let item = 0; item < count; item += 1) {
    types.items.append(field());
    ids.items.append(field());
  }
  types.endRow();
  ids.endRow();
}
