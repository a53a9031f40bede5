import type { Entry, MapPart, Part, ScalarPart } from './document.js';
import type { Expression, FieldTest, KeywordTest, ValueTest } from './expression.js';
import { Refused } from './fault.js';
import type { Field } from './field.js';
import type { RuleLimits } from './limits.js';
import { type FieldKey, parseKey } from './modifiers.js';
import { itemsOf, kindOf } from './parts.js';
import { type Source, unknownField } from './sources/index.js';
import { keywordTest, valueTest } from './values.js';
import { spellingsOf } from './windash.js';

/** What the reading of a detection needs to know. */
export interface Reading {
  source: Source;
  limits: RuleLimits;
  timeZone: string;
  warn(code: 'invalid', message: string, at: { offset: number }): void;
}

/** A named part of a detection: a map (all of it), a list (one of it), texts (keywords). */
export function readSelection(name: string, part: Part, reading: Reading): Expression {
  if (part.kind === 'map') return readMap(name, part, reading);
  if (part.kind === 'scalar') return keyword(part, keyOfKeywords, reading);
  if (part.items.length === 0) throw new Refused('invalid', `the selection ${name} is an empty list`, part);
  return anyOf(
    part.items.map((item) => {
      if (item.kind === 'list') throw new Refused('invalid', `the selection ${name} has a list within a list`, item);
      return readSelection(name, item, reading);
    }),
  );
}

const keyOfKeywords: FieldKey = {
  field: '',
  match: undefined,
  part: undefined,
  time: undefined,
  comparison: undefined,
  all: false,
  cased: false,
  negated: false,
  windash: false,
  flags: new Set(),
};

const anyOf = (of: readonly Expression[]): Expression => (of.length === 1 ? of[0]! : { kind: 'or', of });
const allOf = (of: readonly Expression[]): Expression => (of.length === 1 ? of[0]! : { kind: 'and', of });

function readMap(name: string, { entries, offset }: MapPart, reading: Reading): Expression {
  if (entries.length === 0) throw new Refused('invalid', `the selection ${name} is an empty map`, { offset });
  return allOf(entries.map((entry) => readEntry(entry, reading)));
}

function readEntry(entry: Entry, reading: Reading): Expression {
  const key = parseKey(entry);
  const items = valuesOf(entry, key, reading);
  const spelled = items.map((item) => spellingsOf(item, key));
  if (key.field === '') {
    const found = spelled.map((spellings) => anyOf(spellings.map((item) => keyword(item, key, reading))));
    return key.all ? allOf(found) : anyOf(found);
  }
  const field = fieldOf(key.field, entry, reading);
  const testsOf = (parts: readonly ScalarPart[]): ValueTest[] =>
    parts.map((item) => valueTest(item, { key, field, reading }));
  const test =
    key.all && key.windash
      ? allOf(spelled.map((spellings) => ({ kind: 'field', field, tests: testsOf(spellings), all: false })))
      : combined(field, testsOf(spelled.flat()), items, key);
  return key.negated ? { kind: 'not', of: test } : test;
}

/** `exists: false` is that it does not. */
function combined(field: Field, tests: readonly ValueTest[], items: readonly ScalarPart[], key: FieldKey): Expression {
  const test: FieldTest = { kind: 'field', field, tests, all: key.all };
  return key.match === 'exists' && items[0]!.value === false ? { kind: 'not', of: test } : test;
}

function valuesOf({ key: name, value, offset }: Entry, key: FieldKey, { limits, warn }: Reading): ScalarPart[] {
  const items = itemsOf(value);
  if (items.length === 0) throw new Refused('invalid', `${name} is an empty list`, { offset });
  if (items.length > limits.terms) {
    throw new Refused('limit', `${name} has ${items.length} values, at most ${limits.terms}`, value);
  }
  if (key.all && items.length === 1) warn('invalid', `${name}: all of a single value is just that value`, { offset });
  if (key.match === 'exists' && items.length > 1)
    throw new Refused('invalid', `${name} has to be true or false`, value);
  return items.map((item) => {
    if (item.kind !== 'scalar') throw new Refused('invalid', `${name} has ${kindOf(item)} as a value`, item);
    if (item.value === null && items.length > 1) {
      throw new Refused('invalid', `${name}: null cannot be one of a list; make a selection of its own`, item);
    }
    return item;
  });
}

/** A field by its name in the rule. Throws Refused for one that no event can have. */
export function fieldOf(
  name: string,
  at: { offset: number },
  { source, limits }: Pick<Reading, 'source' | 'limits'>,
): Field {
  if (name.length > 256) throw new Refused('limit', `a field's name of ${name.length} characters, at most 256`, at);
  const field = source.field(name);
  if (!field) throw new Refused('unknown_field', unknownField(source, name), at);
  if (field.places.some((place) => place.kind === 'document' && place.path.length > limits.depth)) {
    throw new Refused('limit', `${JSON.stringify(name)} is more than ${limits.depth} names deep`, at);
  }
  return field;
}

function keyword(part: ScalarPart, key: FieldKey, reading: Reading): KeywordTest {
  return { kind: 'keyword', test: keywordTest(part, key, reading) };
}
