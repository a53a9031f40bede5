import type { Bind } from '../../../core/sql/bind.js';
import type { WireEvent } from '../../../core/wire/event.js';

/** Something to be said of an event: in SQL, and the same of an event in memory. Both agree for every event. */
export interface Condition {
  /** Never NULL, so that NOT turns it. */
  sql(bind: Bind): string;
  test(event: WireEvent): boolean;
}

export const not = (condition: Condition): Condition => ({
  sql: (bind) => `NOT (${condition.sql(bind)})`,
  test: (event) => !condition.test(event),
});

export const all = (conditions: readonly Condition[]): Condition => ({
  sql: (bind) => conditions.map((condition) => `(${condition.sql(bind)})`).join(' AND '),
  test: (event) => conditions.every((condition) => condition.test(event)),
});

export const any = (conditions: readonly Condition[]): Condition => ({
  sql: (bind) => conditions.map((condition) => `(${condition.sql(bind)})`).join(' OR '),
  test: (event) => conditions.some((condition) => condition.test(event)),
});
