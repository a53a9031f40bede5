import { isIPv4 } from 'node:net';
import { addressBytes } from '../../../core/event/address.js';
import type { Bind } from '../../../core/sql/bind.js';
import { ipRangeSql, parseIpRange } from '../../../core/sql/ip-range.js';
import type { FieldTest, RegexTest, TextTest, TimeTest, ValueTest } from '../../rules/expression.js';
import type { Field, Place } from '../../rules/field.js';
import { plainText } from '../../rules/pattern.js';
import { numberOf } from '../text.js';
import { hasColumn } from '../value-test.js';
import { columnSql, listColumn, loweredSql } from './columns.js';
import { existsSql, isNumberSql, textsSql, valuesSql } from './document.js';
import { numberSql, referenceSql } from './number.js';
import { anyText, type TextCondition } from './text.js';

/** A condition over the table's columns; undefined where ClickHouse cannot say the same. */
export type Sql = string | undefined;

const or = (conditions: readonly Sql[]): Sql =>
  conditions.every((condition) => condition !== undefined)
    ? conditions.length === 1
      ? conditions[0]
      : `(${conditions.map((condition) => `(${condition})`).join(' OR ')})`
    : undefined;
const and = (conditions: readonly Sql[]): Sql =>
  conditions.every((condition) => condition !== undefined)
    ? conditions.map((condition) => `(${condition})`).join(' AND ')
    : undefined;

export function fieldSql({ field, tests, all }: FieldTest, bind: Bind): Sql {
  const isText = (test: ValueTest): test is TextTest | RegexTest => test.kind === 'text' || test.kind === 'regex';
  if (all) return and(tests.map((test) => fieldSql({ kind: 'field', field, tests: [test], all: false }, bind)));
  const texts = tests.filter(isText);
  const others = tests.filter((test) => !isText(test));
  return or([
    ...(texts.length === 0 ? [] : [textsOf(field, texts, bind)]),
    ...others.map((test) => otherSql(test, field, bind)),
  ]);
}

function otherSql(test: Exclude<ValueTest, TextTest | RegexTest>, field: Field, bind: Bind): Sql {
  switch (test.kind) {
    case 'null':
      return and(field.places.map((place) => emptySql(place, bind)));
    case 'exists':
      return or(
        field.places.map((place) => (place.kind === 'column' ? someSql(place.column) : existsSql(place, bind))),
      );
    case 'cidr':
      return or(field.places.map((place) => cidrSql(place, test.block, bind)));
    case 'compare':
      return or(field.places.map((place) => numberSql(place, test, bind)));
    case 'time':
      return or(field.places.map((place) => timeSql(place, test, bind)));
    case 'fieldref':
      return referenceSql(field, test, bind);
  }
}

type Column = Extract<Place, { kind: 'column' }>['column'];

/** The event has the field. */
function someSql(column: Column): string {
  if (column === 'occurred_at') return 'true';
  const list = listColumn(column);
  return list ? `arrayExists(x -> x != '', ${list})` : `${columnSql(column)} != ''`;
}

const emptySql = (place: Place, bind: Bind): string =>
  place.kind === 'column' ? `NOT (${someSql(place.column)})` : `arrayAll(x -> x = 'null', ${valuesSql(place, bind)})`;

function textsOf(field: Field, tests: readonly (TextTest | RegexTest)[], bind: Bind): Sql {
  const condition = anyText(tests, bind);
  const numbers = tests.flatMap((test) => {
    const number = test.kind === 'text' ? numberOf(plainText(test.pattern) ?? '') : undefined;
    return number === undefined ? [] : [number];
  });
  const asksForEmpty = tests.some((test) => test.kind === 'text' && test.pattern.length === 0) && hasColumn(field);
  return or([
    ...field.places.map((place) => addressesSql(place, tests, bind) ?? placeSql(place, condition, numbers, bind)),
    ...(asksForEmpty ? [and(field.places.map((place) => noValueSql(place, bind)))] : []),
  ]);
}

/** Whole addresses of the event are looked up by their bytes, which are indexed. */
function addressesSql(place: Place, tests: readonly (TextTest | RegexTest)[], bind: Bind): Sql {
  if (place.kind !== 'column' || place.column !== 'ip') return undefined;
  const addresses = tests.map((test) => addressBytes((test.kind === 'text' && plainText(test.pattern)) || ''));
  if (!addresses.every((address) => address !== undefined)) return undefined;
  return or(addresses.map((address) => `ip_bytes = unhex(${bind('String', address.toString('hex'))})`));
}

/** Nothing at all, null neither. */
const noValueSql = (place: Place, bind: Bind): string =>
  place.kind === 'column' ? `NOT (${someSql(place.column)})` : `empty(${valuesSql(place, bind)})`;

function placeSql(place: Place, condition: TextCondition, numbers: readonly number[], bind: Bind): Sql {
  if (place.kind === 'column') return columnIs(place.column, condition);
  const values = valuesSql(place, bind);
  const texts = `arrayExists(t -> ${condition('t', 'lowerUTF8(t)')}, ${textsSql(values)})`;
  if (numbers.length === 0) return texts;
  const isOne = `JSONExtractFloat(v) IN (${numbers.map((number) => bind('Float64', number)).join(', ')})`;
  return `(${texts} OR arrayExists(v -> ${isNumberSql('v')} AND ${isOne}, ${values}))`;
}

function columnIs(column: Column, condition: TextCondition): Sql {
  const list = listColumn(column);
  if (list) return `arrayExists(t -> t != '' AND (${condition('t', 'lowerUTF8(t)')}), ${list})`;
  const text = columnSql(column);
  return text && `${text} != '' AND (${condition(text, loweredSql(text, column))})`;
}

const dottedQuad = String.raw`^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])$`;

function cidrSql(place: Place, block: string, bind: Bind): Sql {
  const range = parseIpRange(block)!;
  if (place.kind === 'column' && place.column === 'ip') return ipRangeSql(range, bind);
  // How IPv6 is written as text differs too much to be sure.
  if (!isIPv4(block.split('/', 1)[0]!)) return undefined;
  const quad = bind('String', dottedQuad);
  const [low, high] = [range.low, range.high].map((address) => bind('UInt32', address.readUInt32BE()));
  const condition: TextCondition = (text) =>
    `match(${text}, ${quad}) AND IPv4StringToNumOrDefault(${text}) BETWEEN ${low} AND ${high}`;
  return placeSql(place, condition, [], bind);
}

const timeParts: Readonly<Record<TimeTest['part'], string>> = {
  minute: 'toMinute',
  hour: 'toHour',
  day: 'toDayOfMonth',
  week: 'toISOWeek',
  month: 'toMonth',
  year: 'toYear',
};
const operators = { lt: '<', lte: '<=', gt: '>', gte: '>=', eq: '=' } as const;

function timeSql(place: Place, { part, comparison, number, timeZone }: TimeTest, bind: Bind): Sql {
  if (place.kind !== 'column' || place.column !== 'occurred_at') return undefined;
  const found = `${timeParts[part]}(toTimeZone(occurred_at, ${bind('String', timeZone)}))`;
  return `${found} ${operators[comparison]} ${bind('UInt16', number)}`;
}
