import { formatTimestampUs } from '../../core/event/index.js';
import { type Filter, filterSql } from '../query/filter.js';
import type { EventsTable, TenantScope } from '../query/scope.js';

/** How often an action was seen, and when first and last. */
export interface Seen {
  events: number;
  first_at: string;
  last_at: string;
}

/** Products make few hundred actions; more are somebody's mistake, and the most frequent of them are enough. */
const maxActions = 5_000;

/** The actions of a tenant's events. */
export async function readSeen({
  table,
  scope,
  filter,
  signal,
}: {
  table: EventsTable;
  scope: TenantScope;
  filter: Filter;
  signal?: AbortSignal | undefined;
}): Promise<Map<string, Seen>> {
  const rows = await table.selectObjects<{ action: string; events: number; first: number; last: number }>({
    name: 'actions',
    scope,
    columns: [
      'action',
      'count() AS events',
      'toUnixTimestamp64Micro(min(occurred_at)) AS first',
      'toUnixTimestamp64Micro(max(occurred_at)) AS last',
    ],
    where: (bind) => filterSql(filter, bind),
    rest: `GROUP BY action ORDER BY events DESC, action LIMIT ${maxActions}`,
    signal,
  });
  return new Map(
    rows.map(({ action, events, first, last }) => [
      action,
      { events, first_at: formatTimestampUs(first), last_at: formatTimestampUs(last) },
    ]),
  );
}
