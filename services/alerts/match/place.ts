import { addressText } from '../../core/event/address.js';
import { documentOf } from '../../core/event/document.js';
import { formatTimestampUs } from '../../core/event/time.js';
import type { WireEvent } from '../../core/wire/event.js';
import { formatUuid } from '../../core/wire/uuid.js';
import type { Column, Place } from '../rules/field.js';

/** A value of an event: what JSON has, lists excluded where they are opened. */
export type Value = string | number | boolean | null | object;

const present = (text: string): readonly Value[] => (text === '' ? [] : [text]);

const body =
  (name: keyof WireEvent['body'] & Column) =>
  (event: WireEvent): readonly Value[] =>
    present(event.body[name] as string);
const identity =
  (name: Exclude<keyof WireEvent['identity'] & Column, 'ip'>) =>
  (event: WireEvent): readonly Value[] =>
    present(event.identity[name]);

/** The values of a field of the event: none where it is absent. */
export const columnValues: Readonly<Record<Column, (event: WireEvent) => readonly Value[]>> = {
  scope: body('scope'),
  organization_id: body('organization_id'),
  application_id: body('application_id'),
  actor_type: body('actor_type'),
  actor_id: body('actor_id'),
  action: body('action'),
  kind: body('kind'),
  target_type: body('target_type'),
  target_id: body('target_id'),
  outcome: body('outcome'),
  reason: body('reason'),
  auth_method: body('auth_method'),
  service: body('service'),
  correlation_id: body('correlation_id'),
  request_id: body('request_id'),
  trace_id: body('trace_id'),
  details_schema: body('details_schema'),
  actor_name: identity('actor_name'),
  actor_email: identity('actor_email'),
  target_name: identity('target_name'),
  user_agent: identity('user_agent'),
  session_id: identity('session_id'),
  message: ({ content }) => present(content.message),
  path: ({ content }) => present(content.path),
  id: (event) => [formatUuid(event.body.id)],
  category: (event) => present(event.body.action.split('.', 1)[0]!),
  success: (event) => [event.body.outcome === 'success'],
  ip: (event) => present(addressText(event.identity.ip)),
  occurred_at: (event) => [formatTimestampUs(event.body.occurred_at)],
  related_type: (event) => event.body.related.map(({ type }) => type).filter((type) => type !== ''),
  related_id: (event) => event.body.related.map(({ id }) => id).filter((id) => id !== ''),
};

/** Every value at the place, in order. */
export const valuesAt = (place: Place, event: WireEvent): readonly Value[] =>
  place.kind === 'column'
    ? columnValues[place.column](event)
    : opened(walked(documentOf(event, place.document) as Value | undefined, place.path));

/** Whether anything is there, be it null or an empty list. */
export const existsAt = (place: Place, event: WireEvent): boolean =>
  place.kind === 'column'
    ? columnValues[place.column](event).length > 0
    : walked(documentOf(event, place.document) as Value | undefined, place.path).length > 0;

/** What stands at the path, lists on the way being gone through. The last is not opened. */
function walked(document: Value | undefined, path: readonly string[]): Value[] {
  if (document === undefined) return [];
  let found: Value[] = [document];
  for (const key of path) {
    const next: Value[] = [];
    for (const value of found) {
      if (Array.isArray(value)) for (const item of value as Value[]) step(item, key, next);
      else step(value, key, next);
    }
    if (next.length === 0) return next;
    found = next;
  }
  return found;
}

function step(value: Value, key: string, into: Value[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, key)) return;
  into.push((value as Record<string, Value>)[key]!);
}

/** The items of lists instead of the lists. A list within a list is a value of its own. */
const opened = (values: readonly Value[]): readonly Value[] =>
  values.some(Array.isArray)
    ? values.flatMap((value) => (Array.isArray(value) ? (value as Value[]) : [value]))
    : values;
