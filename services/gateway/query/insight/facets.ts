import { anyOf, timeSql } from '../../../core/sql/bind.js';
import { type Filter, filterSql } from '../filter.js';
import type { EventsTable, TenantScope } from '../scope.js';
import { type InsightField, shown, valueSql } from './fields.js';

/** Exact counts of a field's values, the most frequent first. `total` = the values shown + other + none, all of one moment. */
export interface Facet {
  total: number;
  values: { value: string; count: number; label?: string }[];
  /** Events with values beyond those shown. */
  other: number;
  /** Events without a value. */
  none: number;
  /** How many different values there are. */
  distinct: number;
}

interface FacetQuery {
  table: EventsTable;
  scope: TenantScope;
  filter: Filter;
  field: InsightField;
  /** How many values to show. */
  top: number;
  signal?: AbortSignal | undefined;
}

interface Row {
  total: number;
  none: number;
  distinct: number;
  top: [value: string, count: number][];
}

/** The values as ClickHouse has them, for those who go on to ask with them. */
export async function readTop({ table, scope, filter, field, top, signal }: FacetQuery): Promise<Row> {
  // Keys are grouped first, as they are stored; what several keys have in common (a category) is grouped again.
  const around = (keys: string): string => `SELECT sum(events) AS total, sumIf(events, value = '') AS none,
      countIf(value != '') AS distinct,
      arrayMap(entry -> (entry.2, -entry.1), groupArraySortedIf(${top})((-toInt64(events), value), value != '')) AS top
    FROM (SELECT ${valueSql(field, 'key')} AS value, sum(counted) AS events FROM ${keys} GROUP BY value)`;
  const [row] = await table.selectObjects<Row>({
    name: 'facet',
    scope,
    columns: [`${field.key} AS key`, 'count() AS counted'],
    where: (bind) => filterSql(filter, bind),
    rest: 'GROUP BY key',
    around,
    signal,
  });
  return row!;
}

export async function readFacet(query: FacetQuery & { labels?: { nowMs: number } | undefined }): Promise<Facet> {
  const { field, labels } = query;
  const { total, none, distinct, top } = await readTop(query);
  const names =
    labels && field.labels ? await readLabels({ ...query, ids: top.map(([id]) => id), ...labels }) : undefined;
  const values = top.map(([value, count]) => {
    const label = names?.get(value);
    return { value: shown(field, value), count, ...(label === undefined ? {} : { label }) };
  });
  const other = total - none - values.reduce((sum, { count }) => sum + count, 0);
  return { total, values, other, none, distinct };
}

const labelsBackUs = 7 * 86_400_000_000;

/** A name that lately stood beside each id, where one did: names are erasable and may be gone, so the id is what counts. */
async function readLabels({
  table,
  scope,
  filter,
  field: { key, labels = [] },
  ids,
  nowMs,
  signal,
}: FacetQuery & { ids: readonly string[]; nowMs: number }): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const to = filter.parts.find(({ field }) => field.names[0] === 'to')?.value as number | undefined;
  const rows = await table.selectObjects<{ labelled: string; label: string }>({
    name: 'labels',
    scope,
    columns: [
      `${key} AS labelled`,
      `multiIf(${labels.map((label) => `${label} != '', ${label}`).join(', ')}, '') AS label`,
    ],
    where: (bind) => [
      ...filterSql(filter, bind),
      anyOf(key, ids, bind),
      `occurred_at >= ${timeSql(Math.max(0, Math.min(to ?? nowMs * 1_000, nowMs * 1_000) - labelsBackUs), bind)}`,
      labels.map((label) => `${label} != ''`).join(' OR '),
    ],
    // Reading ends as soon as each id has its name.
    rest: `LIMIT 1 BY labelled LIMIT ${ids.length}`,
    signal,
  });
  return new Map(rows.map(({ labelled, label }) => [labelled, label]));
}
