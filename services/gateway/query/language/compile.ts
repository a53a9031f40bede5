import type { JsonColumn } from '../../../core/event/document.js';
import { timeSql } from '../../../core/sql/bind.js';
import { limits } from '../../../core/wire/limits.js';
import { parseTimeUs } from '../values.js';
import { all, any, type Condition, not } from './condition.js';
import { fields } from './fields.js';
import { freeText } from './free-text.js';
import { atPath } from './json.js';
import { parseQuery } from './parse.js';
import {
  type Comparison,
  type Expression,
  type FieldPath,
  plainText,
  QueryFault,
  type Term,
  type Value,
} from './syntax.js';

const jsonColumns: readonly JsonColumn[] = ['details', 'before', 'after'];
const timeNames = ['time', 'occurred_at'];
const known = [...fields.keys(), ...timeNames, ...jsonColumns.map((column) => `${column}.NAME`)];

/** A query text as a condition. Throws QueryFault, which says where. `nowMs` is what `now` means. */
export function compileQuery(text: string, { nowMs }: { nowMs: number }): Condition {
  const compile = (expression: Expression): Condition => {
    if (expression.kind === 'not') return not(compile(expression.of));
    if (expression.kind === 'term') return compileTerm(expression, nowMs);
    const parts = expression.of.map(compile);
    return expression.kind === 'and' ? all(parts) : any(parts);
  };
  return compile(parseQuery(text));
}

function compileTerm({ field, comparison, value }: Term, nowMs: number): Condition {
  if (!field) return freeText(value);
  if (comparison && plainText(value) === undefined) throw new QueryFault('a wildcard cannot be compared', value);
  const json = jsonColumns.find((column) => column === field.name);
  if (json && field.below.length > 0) return atPath(json, field.below, comparison, value);
  const name = [field.name, ...field.below].join('.');
  if (timeNames.includes(name)) return during(comparison, value, nowMs);
  const found = fields.get(name);
  if (!found) throw unknownField(field, name);
  if (comparison) throw new QueryFault(`${name} cannot be compared by ${comparison}; times and details can`, value);
  return found(value);
}

function unknownField(field: FieldPath, name: string): QueryFault {
  const hint = jsonColumns.some((column) => column === name)
    ? `write ${name}.NAME:value`
    : `known are ${known.join(', ')}; put quotes around text that holds a colon`;
  return new QueryFault(`${JSON.stringify(name)} is no field: ${hint}`, field);
}

const dayUs = 86_400_000_000;
const unitsUs: Readonly<Record<string, number>> = { s: 1e6, m: 6e7, h: 3.6e9, d: dayUs, w: 7 * dayUs };

/** A time is the stretch of a day, or a single moment. */
function stretchOf(value: Value, nowMs: number): { from: number; to: number } {
  const text = plainText(value) ?? '';
  const relative = /^now(?:-(\d{1,6})([smhdw]))?$/.exec(text);
  const us = relative
    ? nowMs * 1_000 - Number(relative[1] ?? 0) * (unitsUs[relative[2] ?? 's'] ?? 0)
    : parseTimeUs(text);
  if (us === undefined || us < 0) {
    throw new QueryFault(
      'is no RFC 3339 time (2025-01-31T08:00:00Z), no day (2025-01-31), not now-15m, now-24h or now-7d',
      value,
    );
  }
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text);
  return { from: us, to: Math.min(us + (isDay ? dayUs - 1 : 0), limits.occurredAtUs) };
}

/** Without a comparison: within the day, or at that very moment. */
function during(comparison: Comparison | undefined, value: Value, nowMs: number): Condition {
  const { from, to } = stretchOf(value, nowMs);
  const lowest = comparison === '>' ? to + 1 : comparison === '>=' || !comparison ? from : undefined;
  const highest = comparison === '<' ? from - 1 : comparison === '<=' || !comparison ? to : undefined;
  return {
    sql: (bind) =>
      [
        ...(lowest === undefined ? [] : [`occurred_at >= ${timeSql(lowest, bind)}`]),
        ...(highest === undefined ? [] : [`occurred_at <= ${timeSql(highest, bind)}`]),
      ].join(' AND '),
    test: ({ body }) =>
      (lowest === undefined || body.occurred_at >= lowest) && (highest === undefined || body.occurred_at <= highest),
  };
}
