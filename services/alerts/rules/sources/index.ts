import type { Expression } from '../expression.js';
import type { Field } from '../field.js';
import { anyRun, literalPattern } from '../pattern.js';
import type { LogSource } from '../rule.js';
import { allOf, anyPattern, anyValue, documentField, ownField } from './build.js';
import { eventField, eventFieldNames } from './event-fields.js';
import { type RawLog, rawLogs } from './raw-logs.js';
import { windowsEvents, windowsNames, windowsSchema } from './windows.js';

export { eventFieldNames } from './event-fields.js';

/** What a log source means here: which events it is about, and where their fields stand. */
export interface Source {
  title: string;
  /** Events of the source; undefined where it says nothing about them. */
  events: Expression | undefined;
  /** Undefined for a name that no event of the source can have. */
  field(name: string): Field | undefined;
  /** Said of sources that nothing here knows by name: their events have to be marked by whoever sends them. */
  warning?: string;
}

/** Reaches a field of the event itself from a rule about a raw log. */
const ownPrefix = 'sealstream.';

/** Every log source has a meaning: an unknown one is of events whose `details_schema` names it, fields being paths in `details`. */
export function sourceOf(logSource: LogSource): Source {
  const { product, service } = logSource;
  if (product === 'sealstream') return ownSource(logSource);
  const raw = rawLogs.find((log) => log.product === product && log.services.includes(service ?? ''));
  if (raw) return rawSource(raw);
  if (product === 'windows') return windowsSource(logSource);
  return genericSource(logSource);
}

/** Our own events; a service or category narrows them by the fields of these names. */
function ownSource({ service, category }: LogSource): Source {
  return {
    title: 'Sealstream',
    events: allOf([
      ...(category === undefined ? [] : [anyValue(ownField('category'), [category])]),
      ...(service === undefined ? [] : [anyValue(ownField('service'), [service])]),
    ]),
    field(name) {
      const places = eventField(name);
      return places && { name, places };
    },
  };
}

const inDetails = (alsoAt?: RawLog['alsoAt'], eventFields: Readonly<Record<string, string>> = {}): Source['field'] => {
  return (name) => {
    if (name.startsWith(ownPrefix)) {
      const places = eventField(name.slice(ownPrefix.length));
      return places && { name, places };
    }
    if (Object.hasOwn(eventFields, name)) return { ...ownField(eventFields[name]!), name };
    return documentField(name, [...new Set([name, ...(alsoAt?.(name) ?? [])])]);
  };
};

function rawSource({ title, schemas, eventServices, alsoAt, eventFields }: RawLog): Source {
  const marked = anyValue(ownField('details_schema'), schemas);
  const events: Expression = eventServices
    ? { kind: 'or', of: [marked, anyValue(ownField('service'), eventServices)] }
    : marked;
  return { title, events, field: inDetails(alsoAt, eventFields) };
}

function windowsSource(logSource: LogSource): Source {
  const events = windowsEvents(logSource.category, logSource.service);
  if (!events) return genericSource(logSource);
  const marked = anyValue(ownField('details_schema'), [windowsSchema]);
  return { title: 'Windows', events: allOf([marked, ...events]), field: inDetails(windowsNames) };
}

function genericSource({ product, service, category }: LogSource): Source {
  const part = service ?? category;
  const alone = product === undefined || part?.startsWith(`${product}.`);
  const name = (alone ? [part] : [product, part]).filter((word) => word !== undefined).join('.');
  const exact = literalPattern(name);
  const below = literalPattern(`${name}.`);
  const whole = service !== undefined || category !== undefined;
  return {
    title: name,
    events: anyPattern(ownField('details_schema'), whole ? [exact] : [exact, [...below, anyRun]]),
    field: inDetails(),
    warning:
      `nothing here knows the log source ${name}: the rule looks at events whose details_schema is ` +
      `${JSON.stringify(name)}${whole ? '' : ` or begins with "${name}."`}, and at the JSON in their details`,
  };
}

/** Why a field is none, for a message. */
export const unknownField = (source: Source, name: string): string =>
  source.title === 'Sealstream'
    ? `${JSON.stringify(name)} is no field of an event; known are ${eventFieldNames.join(', ')}`
    : `${JSON.stringify(name)} is no field of an event; after ${ownPrefix} known are ${eventFieldNames.join(', ')}`;
