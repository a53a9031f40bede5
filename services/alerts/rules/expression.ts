import type { Field } from './field.js';
import type { Pattern } from './pattern.js';

/** A condition over one event. */
export type Expression =
  | { kind: 'and' | 'or'; of: readonly Expression[] }
  | { kind: 'not'; of: Expression }
  | FieldTest
  | KeywordTest;

/** A field's values against the values of the rule: one of the tests has to hold, or all of them. */
export interface FieldTest {
  kind: 'field';
  field: Field;
  tests: readonly ValueTest[];
  all: boolean;
}

/** Somewhere in the event's text. */
export interface KeywordTest {
  kind: 'keyword';
  test: TextTest | RegexTest;
}

/** What is said of a field. A field has any number of values, of which one has to be so. */
export type ValueTest =
  | TextTest
  | RegexTest
  /** No value, or null. */
  | { kind: 'null' }
  /** Present, be it null or empty. */
  | { kind: 'exists' }
  /** An address within the block. */
  | { kind: 'cidr'; block: string }
  | { kind: 'compare'; comparison: Inequality; number: number }
  | TimeTest
  | FieldReference;

/** The whole text. A number is meant by its digits, and a truth value by its name. */
export interface TextTest {
  kind: 'text';
  pattern: Pattern;
  cased: boolean;
}

/** Found somewhere in the text, by the rules of RE2. */
export interface RegexTest {
  kind: 'regex';
  source: string;
  ignoreCase: boolean;
  multiline: boolean;
  dotAll: boolean;
}

export const timeParts = ['minute', 'hour', 'day', 'week', 'month', 'year'] as const;
export type TimePart = (typeof timeParts)[number];
export type Inequality = 'lt' | 'lte' | 'gt' | 'gte';

/** A part of a time as clocks of the time zone show it. Weeks are those of ISO 8601. */
export interface TimeTest {
  kind: 'time';
  part: TimePart;
  comparison: Inequality | 'eq';
  number: number;
  /** IANA name. */
  timeZone: string;
}

/** The same text as a value of another field. */
export interface FieldReference {
  kind: 'fieldref';
  field: Field;
  match: 'whole' | 'contains' | 'startswith' | 'endswith';
  cased: boolean;
}
