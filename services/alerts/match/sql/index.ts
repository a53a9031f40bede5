import type { Bind } from '../../../core/sql/bind.js';
import type { Expression } from '../../rules/expression.js';
import type { Detection } from '../../rules/rule.js';
import { fieldSql, type Sql } from './field.js';
import { keywordSql } from './keyword.js';

/** Beyond so many values a query would be longer than ClickHouse reads. */
const mostTests = 500;

/**
 * A detection as a condition over the columns of `events`, never NULL, that holds of exactly the events of which the predicate holds.
 * Undefined where ClickHouse cannot say the same (times in JSON, blocks of IPv6 in JSON, very long lists): such events are streamed.
 */
export function detectionSql({ expression }: Detection): ((bind: Bind) => string) | undefined {
  if (testsOf(expression) > mostTests) return undefined;
  // Whether it can be said does not hang on the values' places.
  const nowhere: Bind = Object.assign((): string => `''`, { params: {} });
  return expressionSql(expression, nowhere) === undefined ? undefined : (bind) => expressionSql(expression, bind)!;
}

function testsOf(expression: Expression): number {
  if (expression.kind === 'not') return testsOf(expression.of);
  if (expression.kind === 'and' || expression.kind === 'or') {
    return expression.of.reduce((sum, part) => sum + testsOf(part), 0);
  }
  return expression.kind === 'field' ? expression.tests.length * expression.field.places.length : 1;
}

function expressionSql(expression: Expression, bind: Bind): Sql {
  switch (expression.kind) {
    case 'not': {
      const of = expressionSql(expression.of, bind);
      return of && `NOT (${of})`;
    }
    case 'and':
    case 'or': {
      const parts = expression.of.map((part) => expressionSql(part, bind));
      if (!parts.every((part) => part !== undefined)) return undefined;
      return parts.map((part) => `(${part})`).join(expression.kind === 'and' ? ' AND ' : ' OR ');
    }
    case 'field':
      return fieldSql(expression, bind);
    case 'keyword':
      return keywordSql(expression, bind);
  }
}
