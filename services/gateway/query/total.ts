import { type Filter, filterSql } from './filter.js';
import type { EventsTable, TenantScope } from './scope.js';

/** How many events a filter lets through. */
export async function readTotal({
  table,
  scope,
  filter,
  signal,
}: {
  table: EventsTable;
  scope: TenantScope;
  filter: Filter;
  signal?: AbortSignal | undefined;
}): Promise<number> {
  const [row] = await table.selectObjects<{ events: number }>({
    name: 'total',
    scope,
    columns: ['count() AS events'],
    where: (bind) => filterSql(filter, bind),
    signal,
  });
  return row!.events;
}
