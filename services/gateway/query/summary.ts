import { type Filter, filterSql } from './filter.js';
import type { EventsTable, TenantScope } from './scope.js';

/** Exact counts of the events that a filter lets through. */
export interface Summary {
  total: number;
  by_action: Record<string, number>;
  by_category: Record<string, number>;
  by_outcome: Record<string, number>;
  by_kind: Record<string, number>;
  by_actor_type: Record<string, number>;
  /** Events of actions beyond the thousand most frequent, which `by_action` leaves out. */
  other_actions: number;
}

interface CountRow {
  by: string;
  name: string;
  events: number;
}

const stored = ['action', 'outcome', 'kind', 'actor_type'] as const;
/** Names given per dimension. Only actions can be as many: the others are few, or made of actions. */
const maxNames = 1_000;

/** Counts once by all dimensions together, which leaves few rows, and then those by each of them. */
const byEach = (subquery: string): string =>
  `SELECT by, name, sum(events) AS events FROM ${subquery}
   ARRAY JOIN ['total', 'category', ${stored.map((name) => `'${name}'`).join(', ')}] AS by,
     ['', splitByChar('.', toString(action))[1], ${stored.map((name) => `toString(${name})`).join(', ')}] AS name
   GROUP BY by, name ORDER BY events DESC, name LIMIT ${maxNames} BY by`;

export async function readSummary({
  table,
  scope,
  filter,
  signal,
}: {
  table: EventsTable;
  scope: TenantScope;
  filter: Filter;
  signal?: AbortSignal | undefined;
}): Promise<Summary> {
  const rows = await table.selectObjects<CountRow>({
    name: 'summary',
    scope,
    columns: [...stored, 'count() AS events'],
    where: (bind) => filterSql(filter, bind),
    rest: `GROUP BY ${stored.join(', ')}`,
    around: byEach,
    signal,
  });
  const counts = (by: string): Record<string, number> =>
    Object.fromEntries(rows.filter((row) => row.by === by).map(({ name, events }) => [name, events]));
  const total = counts('total')[''] ?? 0;
  const by_action = counts('action');
  const listed = Object.values(by_action).reduce((sum, events) => sum + events, 0);
  return {
    total,
    by_action,
    by_category: counts('category'),
    by_outcome: counts('outcome'),
    by_kind: counts('kind'),
    by_actor_type: counts('actor_type'),
    other_actions: total - listed,
  };
}
