import { addressText, formatTimestampUs } from '../../core/event/index.js';
import type { EventRow } from '../../core/rows/index.js';
import { formatUuid } from '../../core/wire/index.js';
import type { EventAnswer } from '../query/answer.js';
import { badParameter } from '../query/errors.js';
import { type Given, listed } from '../query/values.js';

/** A field of an event as exports name it, `.` leading into `actor` and `target`, and its text in a table. */
export interface ExportField {
  name: string;
  cell: (row: EventRow) => string;
}

const related = ({ related_type, related_id }: EventRow): string =>
  related_type.length === 0 ? '' : JSON.stringify(related_type.map((type, at) => ({ type, id: related_id[at] ?? '' })));

const cells: readonly [name: string, cell: ExportField['cell']][] = [
  ['id', ({ id }) => formatUuid(id)],
  ['occurred_at', ({ occurred_at }) => formatTimestampUs(occurred_at)],
  ['recorded_at', ({ append_time }) => formatTimestampUs(append_time * 1_000)],
  ['scope', ({ scope }) => scope],
  ['organization_id', ({ organization_id }) => organization_id],
  ['application_id', ({ application_id }) => application_id],
  ['action', ({ action }) => action],
  ['category', ({ action }) => action.split('.', 1)[0]!],
  ['kind', ({ kind }) => kind],
  ['outcome', ({ outcome }) => outcome],
  ['reason', ({ reason }) => reason],
  ['actor.type', ({ actor_type }) => actor_type],
  ['actor.id', ({ actor_id }) => actor_id],
  ['actor.name', ({ actor_name }) => actor_name],
  ['actor.email', ({ actor_email }) => actor_email],
  ['target.type', ({ target_type }) => target_type],
  ['target.id', ({ target_id }) => target_id],
  ['target.name', ({ target_name }) => target_name],
  ['related', related],
  ['auth_method', ({ auth_method }) => auth_method],
  ['service', ({ service }) => service],
  ['ip', ({ ip_bytes }) => addressText(ip_bytes)],
  ['user_agent', ({ user_agent }) => user_agent],
  ['session_id', ({ session_id }) => session_id],
  ['correlation_id', ({ correlation_id }) => correlation_id],
  ['request_id', ({ request_id }) => request_id],
  ['trace_id', ({ trace_id }) => trace_id],
  ['path', ({ path }) => path],
  ['message', ({ message }) => message],
  ['details_schema', ({ details_schema }) => details_schema],
  // JSON, to the byte as it was logged.
  ['details', ({ details }) => details],
  ['before', ({ before }) => before],
  ['after', ({ after }) => after],
];

/** Every field, in the order of a table's columns. New ones are only ever added at the end: people's tools count columns. */
export const exportFields: readonly ExportField[] = cells.map(([name, cell]) => ({ name, cell }));
const byName = new Map(exportFields.map((field) => [field.name, field]));
/** `actor` is all that is known of the actor. */
const groups = ['actor', 'target'];

/** The fields that a request asks for, in its order; all of them where it asks for none. */
export function readFields(given: Given | undefined): readonly ExportField[] {
  if (!given) return exportFields;
  const chosen = listed(given).flatMap((name): ExportField[] => {
    if (groups.includes(name)) return exportFields.filter((field) => field.name.startsWith(`${name}.`));
    const field = byName.get(name);
    if (field) return [field];
    const known = [...byName.keys(), ...groups].join(', ');
    throw badParameter(given.name, `${JSON.stringify(name)} is no field of an event; known are ${known}`);
  });
  const twice = chosen.find((field, at) => chosen.indexOf(field) !== at);
  if (twice) throw badParameter(given.name, `names ${twice.name} twice`);
  return chosen;
}

/** The event with only these fields, as nested as it is. Absent ones stay absent. */
export function picker(fields: readonly ExportField[]): (event: EventAnswer) => object {
  if (fields === exportFields) return (event) => event;
  const paths = fields.map(({ name }) => name.split('.') as [string, string?]);
  return (event) => {
    const source = event as unknown as Record<string, Record<string, unknown> | undefined>;
    const picked: Record<string, unknown> = {};
    for (const [outer, inner] of paths) {
      const value = inner === undefined ? source[outer] : source[outer]?.[inner];
      if (value === undefined) continue;
      if (inner === undefined) picked[outer] = value;
      else picked[outer] = { ...(picked[outer] as object), [inner]: value };
    }
    return picked;
  };
}
