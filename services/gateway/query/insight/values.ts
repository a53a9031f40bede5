import { formatTimestampUs } from '../../../core/event/index.js';
import { type Bind, timeSql } from '../../../core/sql/bind.js';
import { type Filter, filterSql } from '../filter.js';
import type { EventsTable, TenantScope } from '../scope.js';
import { type InsightField, shown, textSql, valueSql } from './fields.js';

/** Values of a field for whoever is typing one: those of the newest events first. */
export interface FieldValues {
  field: string;
  values: { value: string; events: number; last_at: string }[];
  /** Whether all events that match were looked at; otherwise there may be more values. */
  complete: boolean;
}

/** How far back is looked, one stretch after the other until there are enough values. */
const stretchesUs = [86_400_000_000, 14 * 86_400_000_000, 180 * 86_400_000_000, Number.POSITIVE_INFINITY];

interface Row {
  value: string;
  events: number;
  last: number;
}

/** `prefix` in any case. `events` counts those of the stretch in which the value was found. */
export async function readValues({
  table,
  scope,
  filter,
  field,
  prefix,
  limit,
  nowMs,
  signal,
}: {
  table: EventsTable;
  scope: TenantScope;
  filter: Filter;
  field: InsightField;
  prefix: string;
  limit: number;
  nowMs: number;
  signal?: AbortSignal | undefined;
}): Promise<FieldValues> {
  // The newest events that the filter lets through may be long ago.
  const to = filter.parts.find(({ field }) => field.names[0] === 'to')?.value as number | undefined;
  const newestUs = Math.min(to ?? Number.POSITIVE_INFINITY, nowMs * 1_000);
  const found = new Map<string, Row>();
  let endUs = Number.POSITIVE_INFINITY;
  for (const back of stretchesUs) {
    const startUs = Math.max(0, newestUs - back);
    const before = endUs;
    const within = (bind: Bind): string[] => [
      ...(startUs > 0 ? [`occurred_at >= ${timeSql(startUs, bind)}`] : []),
      ...(Number.isFinite(before) ? [`occurred_at < ${timeSql(before, bind)}`] : []),
    ];
    const rows = await table.selectObjects<Row>({
      name: 'values',
      scope,
      columns: [`${field.key} AS key`, 'count() AS counted', 'max(occurred_at) AS latest'],
      where: (bind) => [
        ...filterSql(filter, bind),
        ...within(bind),
        ...(prefix === ''
          ? []
          : [`startsWith(lowerUTF8(${textSql(field, field.key)}), lowerUTF8(${bind('String', prefix)}))`]),
      ],
      rest: 'GROUP BY key',
      around: (keys) => `SELECT ${valueSql(field, 'key')} AS value, sum(counted) AS events,
          toUnixTimestamp64Micro(max(latest)) AS last
        FROM ${keys} GROUP BY value HAVING value != '' ORDER BY events DESC, value LIMIT ${limit + found.size + 1}`,
      signal,
    });
    for (const row of rows) if (!found.has(row.value)) found.set(row.value, row);
    if (startUs === 0) return answer(true);
    if (found.size >= limit) return answer(false);
    endUs = startUs;
  }
  return answer(true);

  function answer(looked: boolean): FieldValues {
    const values = [...found.values()].slice(0, limit).map(({ value, events, last }) => ({
      value: shown(field, value),
      events,
      last_at: formatTimestampUs(last),
    }));
    return { field: field.names[0]!, values, complete: looked && found.size <= limit };
  }
}
