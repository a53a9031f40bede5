import { expandAction } from '../../core/catalogue/index.js';
import { actorTypes, eventKinds, outcomes, scopes } from '../../core/wire/symbols.js';
import type { Entry, MapPart, Part, ScalarPart } from './document.js';
import type { Expression, ValueTest } from './expression.js';
import { Refused } from './fault.js';
import { itemsOf, kindOf, textOf } from './parts.js';
import { contains, literalPattern } from './pattern.js';
import { type Reading, readSelection } from './selection.js';
import { ownField } from './sources/build.js';
import { blockOf } from './values.js';

/** How the values of one filter are read, as GET /api/audit reads them. */
type Filter = (items: readonly ScalarPart[], key: string, reading: Reading) => Expression;

const test = (field: string, tests: readonly ValueTest[]): Expression => ({
  kind: 'field',
  field: ownField(field),
  tests,
  all: false,
});

const exactly = (text: string): ValueTest => ({ kind: 'text', pattern: literalPattern(text), cased: true });
const textOfItem = (item: ScalarPart, key: string, { limits }: Reading): string =>
  textOf(item, key, limits.valueLength);

/** Letter by letter. */
const exact =
  (field: string): Filter =>
  (items, key, reading) =>
    test(
      field,
      items.map((item) => exactly(textOfItem(item, key, reading))),
    );

const symbol =
  (field: string, allowed: readonly string[]): Filter =>
  (items, key, reading) =>
    test(
      field,
      items.map((item) => {
        const text = textOfItem(item, key, reading);
        if (allowed.includes(text)) return exactly(text);
        throw new Refused('invalid', `${key} ${JSON.stringify(text)} is none of ${allowed.join(', ')}`, item);
      }),
    );

/** A part of the action's name, or any name that the catalogue knows it by. */
const action: Filter = (items, key, reading) =>
  test(
    'action',
    items.flatMap((item): ValueTest[] => {
      const part = textOfItem(item, key, reading).toLowerCase();
      const also = (expandAction(part) ?? []).filter((name) => !name.includes(part));
      return [{ kind: 'text', pattern: contains(literalPattern(part)), cased: true }, ...also.map(exactly)];
    }),
  );

const lowered: Filter = (items, key, reading) =>
  test(
    key,
    items.map((item) => exactly(textOfItem(item, key, reading).toLowerCase())),
  );

const success: Filter = (items, key) => {
  const [item] = items;
  if (items.length === 1 && (item!.text === 'true' || item!.text === 'false'))
    return test('success', [exactly(item!.text)]);
  throw new Refused('invalid', `${key} has to be true or false`, item!);
};

const ip: Filter = (items, key, reading) =>
  test(
    'ip',
    items.map((item): ValueTest => {
      const text = textOfItem(item, key, reading);
      const whole = text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`;
      return { kind: 'cidr', block: blockOf({ ...item, value: whole, text: whole }, key) };
    }),
  );

const refused =
  (why: string): Filter =>
  (items, key) => {
    throw new Refused('unsupported', `filter: ${key} ${why}`, items[0]!);
  };

/** Every filter of the list of events (services/gateway/query/filter-fields.ts). */
const filters: readonly (readonly [names: readonly string[], filter: Filter])[] = [
  [['action', 'event'], action],
  [['category'], lowered],
  [['actor', 'user'], exact('actor')],
  [['actor_type'], symbol('actor.type', actorTypes)],
  [['target_type', 'resource_type'], exact('target.type')],
  [['target_id', 'resource_id'], exact('target.id')],
  [['outcome'], symbol('outcome', outcomes)],
  [['success'], success],
  [['kind'], symbol('kind', eventKinds)],
  [['ip'], ip],
  [['correlation_id'], exact('correlation_id')],
  [['request_id'], exact('request_id')],
  [['application_id'], exact('application_id')],
  [['organization_id'], exact('organization_id')],
  [['scope'], symbol('scope', scopes)],
  [
    ['from', 'to', 'startTime', 'endTime'],
    refused('makes no sense in a rule: a rule looks at what happens from now on'),
  ],
  [['q'], refused('is not supported: name the fields, or write a Sigma rule')],
];

const filterByName: ReadonlyMap<string, Filter> = new Map(
  filters.flatMap(([names, filter]) => names.map((name) => [name, filter] as const)),
);

/** Names with the meaning that they have as filters; any other field, with or without modifiers, as in a Sigma rule. */
export function readFilter(map: MapPart, reading: Reading): Expression {
  if (map.entries.length === 0) throw new Refused('invalid', 'filter is empty: name a field, for example action', map);
  const of = map.entries.map((entry) => filterOf(entry, reading));
  return of.length === 1 ? of[0]! : { kind: 'and', of };
}

function filterOf(entry: Entry, reading: Reading): Expression {
  const filter = filterByName.get(entry.key);
  if (!filter) return readSelection('filter', { kind: 'map', offset: entry.offset, entries: [entry] }, reading);
  const items = itemsOf(entry.value).map((item: Part) => {
    if (item.kind === 'scalar' && item.value !== null) return item;
    throw new Refused('invalid', `filter: ${entry.key} has ${kindOf(item)} as a value`, item);
  });
  if (items.length === 0) throw new Refused('invalid', `filter: ${entry.key} is an empty list`, entry);
  return filter(items, entry.key, reading);
}
