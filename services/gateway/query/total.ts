import type { Bind } from '../../core/sql/bind.js';
import { type Filter, filterSql } from './filter.js';
import type { EventsTable, TenantScope } from './scope.js';

/** How many events a filter lets through. */
export async function readTotal({
  table,
  scope,
  filter,
  within,
  signal,
}: {
  table: EventsTable;
  scope: TenantScope;
  filter: Filter;
  /** Conditions beside the filter's. */
  within?: (bind: Bind) => readonly string[];
  signal?: AbortSignal | undefined;
}): Promise<number> {
  const [row] = await table.selectObjects<{ events: number }>({
    name: 'total',
    scope,
    columns: ['count() AS events'],
    where: (bind) => [...filterSql(filter, bind), ...(within?.(bind) ?? [])],
    signal,
  });
  return row!.events;
}
