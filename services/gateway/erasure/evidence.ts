import { isNamed, listAction, listProducerId } from '../../core/erasure/index.js';
import type { ErasureList } from '../../core/judge/index.js';
import { decodeEventRows, type EventRow, eventColumns } from '../../core/rows/index.js';
import { formatUuid } from '../../core/wire/index.js';
import type { EventsTable } from '../query/scope.js';

/** What signed events say of a record's erased parts. */
export interface ErasureEvidence {
  /** Ids of the events that were taken for good. */
  listEvents: readonly string[];
  names: ErasureList;
}

export const noEvidence: ErasureEvidence = { listEvents: [], names: () => false };

/** Events that name one record: an erasure names it once, and one record may be of many persons. */
const mostEvents = 100;

/**
 * The erasures of a record's parts, from the events that name it: never from the table of lists, which whoever can delete can also write. An event
 * counts if `genuine` says that it is what the gateway's own key signed.
 */
export async function erasureEvidence({
  table,
  headerHash,
  genuine,
  signal,
}: {
  table: EventsTable;
  /** 64 hex digits. */
  headerHash: string;
  genuine: (row: EventRow, producerId: string) => Promise<boolean>;
  signal?: AbortSignal | undefined;
}): Promise<ErasureEvidence> {
  const rows = decodeEventRows(
    await table.select({
      name: 'erasure_evidence',
      scope: { kind: 'system' },
      columns: eventColumns,
      where: (bind) => [`action = '${listAction}'`, `has(related_id, ${bind('String', headerHash)})`],
      rest: `ORDER BY append_time, partition, offset, idx LIMIT ${mostEvents}`,
      signal,
    }),
  );
  const good: EventRow[] = [];
  for (const row of rows) if (await genuine(row, listProducerId)) good.push(row);
  const lists = good.map((row) => row.related_type.map((type, at) => ({ type, id: row.related_id[at] ?? '' })));
  return {
    listEvents: good.map(({ id }) => formatUuid(id)),
    names: (hash, index, part) => lists.some((related) => isNamed(related, { headerHash: hash, index, part })),
  };
}
