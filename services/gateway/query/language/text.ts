import type { Bind } from '../../../core/sql/bind.js';
import type { WireEvent } from '../../../core/wire/event.js';
import type { Condition } from './condition.js';
import { documentSql, searchedColumns } from './document.js';
import { isLike, likeOf, longestRun, lower, lowerPattern } from './pattern.js';
import { anyRun, isAnything, type Pattern, plainText, type Value } from './syntax.js';

/** A text of an event: its column, and the same of an event in memory. */
export interface TextColumn {
  column: string;
  of: (event: WireEvent) => string;
  /** The stored column, where `column` is an expression of it. */
  stored?: string;
}

/** Fewer letters are in no index of three letters each. */
const indexedLetters = 3;

/**
 * What follows of the whole document where one of its columns is like the pattern. It says nothing new, but it is what the index
 * by_text can use, so that blocks of events without such letters are not read.
 */
function inDocument({ column, stored = column }: TextColumn, pattern: Pattern, bind: Bind): string {
  const run = lower(longestRun(pattern));
  if (!searchedColumns.has(stored) || [...run].length < indexedLetters) return '';
  return ` AND ${documentSql} LIKE ${bind('String', likeOf([anyRun, run, anyRun]))}`;
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

const like = (column: TextColumn, { pattern }: Value): Condition => ({
  sql: (bind) => `${column.column} LIKE ${bind('String', likeOf(pattern))}${inDocument(column, pattern, bind)}`,
  test: (event) => isLike(pattern, column.of(event)),
});

const lowered = ({ column, of }: TextColumn): TextColumn => ({
  column: `lowerUTF8(${column})`,
  stored: column,
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
  const inLower = lowered(column);
  const pattern: Pattern = [anyRun, needle, anyRun];
  return {
    sql: (bind) => `${inLower.column} LIKE ${bind('String', likeOf(pattern))}${inDocument(inLower, pattern, bind)}`,
    test: (event) => inLower.of(event).includes(needle),
  };
}

/** As `containing`, of wildcards too: they stand for what lies between. */
export const searching = (column: TextColumn, value: Value): Condition =>
  plainText(value) === undefined
    ? inAnyCase(column, { ...value, pattern: [anyRun, ...value.pattern, anyRun] })
    : containing(column, value);
