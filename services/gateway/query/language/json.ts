import { documentOf, type JsonColumn } from '../../../core/event/document.js';
import type { Bind } from '../../../core/sql/bind.js';
import type { WireEvent } from '../../../core/wire/event.js';
import type { Condition } from './condition.js';
import { isLike, likeOf, lower, lowerPattern } from './pattern.js';
import { type Comparison, isAnything, plainText, type Value } from './syntax.js';

const numberText = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** A test of one JSON value: in SQL of the arguments that lead to it, and of the value. */
interface Scalar {
  sql(args: string, bind: Bind): string;
  test(value: unknown): boolean;
}

/**
 * The value at a path below a document, or any item of a list there. Texts compare in any case, numbers by their value. A document that
 * is no JSON, or holds a number that ClickHouse cannot (beyond 64 bits, beyond a double), has no values.
 */
export function atPath(
  column: JsonColumn,
  path: readonly string[],
  comparison: Comparison | undefined,
  value: Value,
): Condition {
  const read = (event: WireEvent): unknown => valueAt(documentOf(event, column), path);
  const argsOf = (bind: Bind): string => [column, ...path.map((key) => bind('String', key))].join(', ');
  if (comparison === undefined && isAnything(value)) {
    return { sql: (bind) => `JSONHas(${argsOf(bind)})`, test: (event) => read(event) !== undefined };
  }
  const scalar = comparison === undefined ? equalling(value) : comparing(comparison, value);
  return {
    sql(bind) {
      const args = argsOf(bind);
      return `${scalar.sql(args, bind)} OR arrayExists(item -> ${scalar.sql('item', bind)}, JSONExtractArrayRaw(${args}))`;
    },
    test(event) {
      const found = read(event);
      return Array.isArray(found) ? found.some(scalar.test) : scalar.test(found);
    },
  };
}

function equalling(value: Value): Scalar {
  const pattern = lowerPattern(value.pattern);
  const text = plainText({ ...value, pattern });
  const literal = value.quoted ? undefined : literalOf(text);
  return {
    sql(args, bind) {
      const said = `lowerUTF8(JSONExtractString(${args}))`;
      const fits =
        text === undefined ? `${said} LIKE ${bind('String', likeOf(pattern))}` : `${said} = ${bind('String', text)}`;
      const isText = `(JSONType(${args}) = 'String' AND ${fits})`;
      return literal === undefined ? isText : `(${isText} OR ${literalSql(args, literal, bind)})`;
    },
    test: (found) =>
      typeof found === 'string' ? isLike(pattern, lower(found)) : literal !== undefined && found === literal,
  };
}

/** The number, truth value or null that an unquoted word can also stand for. */
function literalOf(text: string | undefined): number | boolean | null | undefined {
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === 'null') return null;
  const number = text !== undefined && numberText.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}

const isNumberSql = (args: string): string => `JSONType(${args}) IN ('Int64', 'UInt64', 'Double')`;

function literalSql(args: string, literal: number | boolean | null, bind: Bind): string {
  if (literal === null) return `JSONExtractRaw(${args}) = 'null'`;
  if (typeof literal === 'boolean')
    return `(JSONType(${args}) = 'Bool' AND JSONExtractBool(${args}) = ${literal ? 1 : 0})`;
  return `(${isNumberSql(args)} AND JSONExtractFloat(${args}) = ${bind('Float64', literal)})`;
}

/** Numbers by value where a number is given, else texts by their bytes, as times in ISO 8601 compare. */
function comparing(comparison: Comparison, value: Value): Scalar {
  const text = plainText(value) ?? '';
  const number = value.quoted ? undefined : literalOf(text);
  if (typeof number === 'number') {
    return {
      sql: (args, bind) =>
        `(${isNumberSql(args)} AND JSONExtractFloat(${args}) ${comparison} ${bind('Float64', number)})`,
      test: (found) => typeof found === 'number' && holds(comparison, found - number),
    };
  }
  const bytes = Buffer.from(text);
  return {
    sql: (args, bind) =>
      `(JSONType(${args}) = 'String' AND JSONExtractString(${args}) ${comparison} ${bind('String', text)})`,
    test: (found) => typeof found === 'string' && holds(comparison, Buffer.from(found).compare(bytes)),
  };
}

const holds = (comparison: Comparison, difference: number): boolean =>
  comparison === '>'
    ? difference > 0
    : comparison === '<'
      ? difference < 0
      : comparison === '>='
        ? difference >= 0
        : difference <= 0;

function valueAt(document: unknown, path: readonly string[]): unknown {
  let at = document;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}
