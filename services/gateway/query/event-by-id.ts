import { decodeEventRows, type EventRow, eventColumns } from '../../core/rows/index.js';
import { idSql } from '../../core/sql/bind.js';
import type { EventsTable, TenantScope } from './scope.js';

/** Rows looked at for one id. Producers make ids that differ, so more than one is a producer's fault or somebody's doing. */
const maxRows = 16;

/** The rows with an id within the tenant, in the order in which they were recorded. */
export async function readById({
  table,
  scope,
  id,
  signal,
}: {
  table: EventsTable;
  scope: TenantScope;
  id: Buffer;
  signal?: AbortSignal | undefined;
}): Promise<EventRow[]> {
  const bytes = await table.select({
    name: 'event',
    scope,
    columns: eventColumns,
    where: (bind) => [idSql(id, bind)],
    rest: `ORDER BY append_time, partition, offset, idx LIMIT ${maxRows}`,
    signal,
  });
  return decodeEventRows(bytes);
}
