import type { Expression } from '../expression.js';
import type { Field } from '../field.js';
import { literalPattern, type Pattern } from '../pattern.js';
import { eventField, pathOf } from './event-fields.js';

/** One of our own fields. */
export function ownField(name: string): Field {
  const places = eventField(name);
  if (!places) throw new Error(`${name} is no field of an event`);
  return { name, places };
}

/** Paths in `details`. */
export const documentField = (name: string, paths: readonly string[]): Field => ({
  name,
  places: paths.map((path) => ({ kind: 'document', document: 'details', path: pathOf(path) })),
});

/** The field is one of the patterns. */
export const anyPattern = (field: Field, patterns: readonly Pattern[]): Expression => ({
  kind: 'field',
  field,
  tests: patterns.map((pattern) => ({ kind: 'text', pattern, cased: false })),
  all: false,
});

/** The field is one of the texts. */
export const anyValue = (field: Field, values: readonly string[]): Expression =>
  anyPattern(field, values.map(literalPattern));

/** All of them hold; undefined where there are none. */
export const allOf = (of: readonly Expression[]): Expression | undefined =>
  of.length > 1 ? { kind: 'and', of } : of[0];
