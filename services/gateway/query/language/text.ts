import type { WireEvent } from '../../../core/wire/event.js';
import type { Condition } from './condition.js';
import { isLike, likeOf, lower, lowerPattern } from './pattern.js';
import { anyRun, isAnything, plainText, type Value } from './syntax.js';

/** A text of an event: its column, and the same of an event in memory. */
export interface TextColumn {
  column: string;
  of: (event: WireEvent) => string;
}

/** The column says something. */
const present = ({ column, of }: TextColumn): Condition => ({
  sql: () => `${column} != ''`,
  test: (event) => of(event) !== '',
});

/** Letter by letter: for ids. */
export function exactly(column: TextColumn, value: Value): Condition {
  if (isAnything(value)) return present(column);
  const text = plainText(value);
  if (text === undefined) return like(column, value);
  return {
    sql: (bind) => `${column.column} = ${bind('String', text)}`,
    test: (event) => column.of(event) === text,
  };
}

const like = ({ column, of }: TextColumn, { pattern }: Value): Condition => ({
  sql: (bind) => `${column} LIKE ${bind('String', likeOf(pattern))}`,
  test: (event) => isLike(pattern, of(event)),
});

const lowered = ({ column, of }: TextColumn): TextColumn => ({
  column: `lowerUTF8(${column})`,
  of: (event) => lower(of(event)),
});

/** The whole text, in any case. */
export const inAnyCase = (column: TextColumn, value: Value): Condition =>
  isAnything(value) ? present(column) : exactly(lowered(column), { ...value, pattern: lowerPattern(value.pattern) });

/** Anywhere in the text and in any case; with wildcards, the whole text. */
export function containing(column: TextColumn, value: Value): Condition {
  const text = plainText(value);
  if (text === undefined) return inAnyCase(column, value);
  const needle = lower(text);
  const { column: expression, of } = lowered(column);
  return {
    sql: (bind) => `position(${expression}, ${bind('String', needle)}) > 0`,
    test: (event) => of(event).includes(needle),
  };
}

/** As `containing`, of wildcards too: they stand for what lies between. */
export const searching = (column: TextColumn, value: Value): Condition =>
  plainText(value) === undefined
    ? inAnyCase(column, { ...value, pattern: [anyRun, ...value.pattern, anyRun] })
    : containing(column, value);
