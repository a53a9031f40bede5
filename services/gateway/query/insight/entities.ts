import { formatTimestampUs } from '../../../core/event/index.js';
import { decodeEventRows, type EventRow, eventColumns } from '../../../core/rows/index.js';
import { type Bind, timeSql } from '../../../core/sql/bind.js';
import { formatUuid } from '../../../core/wire/index.js';
import { type EventAnswer, rowAnswer } from '../answer.js';
import { isTooLarge } from '../clickhouse-errors.js';
import type { Filter } from '../filter.js';
import { readNewest } from '../newest.js';
import type { PageEnd } from '../page-cursor.js';
import type { EventsTable, TenantScope } from '../scope.js';
import { type Change, type EntityState, stateAfter } from './entity-state.js';
import { mergePages } from './merge-pages.js';

export interface Entity {
  type: string;
  id: string;
}

export interface EntityQuery {
  table: EventsTable;
  scope: TenantScope;
  entity: Entity;
  signal?: AbortSignal | undefined;
}

/** The entity is the target. */
const isTarget = ({ type, id }: Entity, bind: Bind): string =>
  `(target_type = ${bind('String', type)} AND target_id = ${bind('String', id)})`;

/** The entity stands among those that an event relates to. The first condition is what an index can use. */
function isRelated({ type, id }: Entity, bind: Bind): string {
  const [typeSql, idSql] = [bind('String', type), bind('String', id)];
  return `(has(related_id, ${idSql})
    AND arrayExists(at -> related_type[at] = ${typeSql} AND related_id[at] = ${idSql}, arrayEnumerate(related_id)))`;
}

/**
 * Events of an entity, newest first: those that target it and those that relate to it. Asked for apart, as ClickHouse finds either
 * several times as fast as both in one.
 */
export async function readEntityEvents({
  filter,
  after,
  limit,
  nowMs,
  ...query
}: EntityQuery & { filter: Filter; after: PageEnd | undefined; limit: number; nowMs: number }): Promise<{
  events: EventAnswer[];
  end: PageEnd | undefined;
}> {
  const { entity } = query;
  const ways = [
    (bind: Bind) => [isTarget(entity, bind)],
    (bind: Bind) => [isRelated(entity, bind), `NOT ${isTarget(entity, bind)}`],
  ];
  const pages = await Promise.all(ways.map((within) => readNewest({ ...query, filter, within, after, limit, nowMs })));
  const { rows, end } = mergePages(pages, limit);
  return { events: rows.map(rowAnswer), end };
}

/** Changes that are folded. Of an entity with more, its oldest are looked at as well: they tell which members it has. */
const limits = { newest: 500, oldest: 10 };

export interface StateAnswer extends Omit<EntityState, 'basis'> {
  at: string;
  basis: { id: string; action: string; occurred_at: string; used: 'before' | 'after' }[];
}

/** The state of an entity at a time in microseconds since 1970, changes of that very moment included. */
export async function readEntityState(query: EntityQuery & { atUs: number }): Promise<StateAnswer> {
  const { atUs } = query;
  const before = (bind: Bind): string => `occurred_at <= ${timeSql(atUs, bind)}`;
  const [newest, following] = await Promise.all([
    readChanges(query, before, 'DESC', limits.newest),
    readChanges(query, (bind) => `occurred_at > ${timeSql(atUs, bind)}`, 'ASC', 1),
  ]);
  const past = newest.changes.reverse();
  if (newest.more) {
    const seen = new Set(past.map(({ id }) => id));
    const oldest = await readChanges(query, before, 'ASC', limits.oldest);
    past.unshift(...oldest.changes.filter(({ id }) => !seen.has(id)));
  }
  const { basis, ...state } = stateAfter(past, following.changes[0]);
  return {
    at: formatTimestampUs(atUs),
    ...state,
    basis: basis.map(({ occurredUs, ...of }) => ({ ...of, occurred_at: formatTimestampUs(occurredUs) })),
  };
}

/** Stateful events that target the entity and were carried out. Large ones are read fewer at a time. */
async function readChanges(
  { table, scope, entity, signal }: EntityQuery,
  when: (bind: Bind) => string,
  direction: 'ASC' | 'DESC',
  wanted: number,
): Promise<{ changes: Change[]; more: boolean }> {
  for (let limit = wanted; ; limit = Math.ceil(limit / 4)) {
    try {
      const bytes = await table.select({
        name: 'changes',
        scope,
        columns: eventColumns,
        where: (bind) => [isTarget(entity, bind), `kind = 'stateful'`, `outcome IN ('success', 'partial')`, when(bind)],
        rest: `ORDER BY ${['occurred_at', 'partition', 'offset', 'idx'].map((by) => `${by} ${direction}`).join(', ')} LIMIT ${limit + 1}`,
        signal,
      });
      const rows = decodeEventRows(bytes);
      return { changes: rows.slice(0, limit).map(changeOf), more: rows.length > limit };
    } catch (error) {
      if (!isTooLarge(error) || limit === 1) throw error;
    }
  }
}

const changeOf = (row: EventRow): Change => ({
  id: formatUuid(row.id),
  action: row.action,
  occurredUs: row.occurred_at,
  partly: row.outcome === 'partial',
  erased: row.content_digest.length > 0,
  before: valueIn(row.before),
  after: valueIn(row.after),
});

/** Text that is no JSON (a client's own batch may carry it) is a text. */
function valueIn(json: string): unknown {
  if (json === '') return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
