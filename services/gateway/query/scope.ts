import type { ClickHouseSettings } from '@clickhouse/client';
import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import { fetchRowBinary } from '../../core/rows/index.js';
import { anyOf, type Bind, createBind } from '../../core/sql/bind.js';
import type { WireBody } from '../../core/wire/event.js';
import { type HiddenActions, hiddenByCatalogue, isHidden } from '../catalogue/hidden.js';
import { queryProblem } from './clickhouse-errors.js';
import type { QueryMetrics } from './metrics.js';

/** Whose events a query may see. It follows from the credential (tenant.ts), never from a filter. */
export type TenantScope =
  | {
      kind: 'organizations';
      organizations: '*' | readonly string[];
      /** Actions whose events are for owners only, and the caller is none; those of the catalogue where absent. */
      hidden?: HiddenActions;
    }
  /** Events of scope system, which belong to no organization. */
  | { kind: 'system' };

/** The tenant condition. Nothing else writes it, and `select` below puts it into every query. */
function tenantCondition(scope: TenantScope, bind: Bind): string {
  if (scope.kind === 'system') return `scope = 'system'`;
  const { organizations } = scope;
  if (organizations.length === 0) return 'false';
  const conditions = [`scope != 'system'`, ...hiddenConditions(scope, bind)];
  if (organizations !== '*') conditions.push(anyOf('organization_id', organizations, bind));
  return conditions.join(' AND ');
}

function hiddenConditions(
  { organizations, hidden = hiddenByCatalogue }: Extract<TenantScope, { kind: 'organizations' }>,
  bind: Bind,
): string[] {
  const own = [...hidden.of].filter(
    ([organization, actions]) => actions.size > 0 && (organizations === '*' || organizations.includes(organization)),
  );
  return [
    ...(hidden.everywhere.size > 0 ? [`action NOT IN (${actionList(hidden.everywhere)})`] : []),
    ...own.map(
      ([organization, actions]) =>
        `NOT (organization_id = ${bind('String', organization)} AND action IN (${actionList(actions)}))`,
    ),
  ];
}

/** In the text, as ClickHouse looks a list of constants up faster than one of parameters. */
function actionList(actions: ReadonlySet<string>): string {
  return [...actions]
    .map((action) => {
      if (!/^[a-z0-9_.:-]+$/.test(action)) throw new Error(`${JSON.stringify(action)} is no name of an action`);
      return `'${action}'`;
    })
    .join(', ');
}

/** The tenant condition, said of an event in memory. */
export function inTenant(scope: TenantScope, { scope: eventScope, organization_id, action }: WireBody): boolean {
  if (scope.kind === 'system') return eventScope === 'system';
  if (eventScope === 'system') return false;
  if (scope.organizations !== '*' && !scope.organizations.includes(organization_id)) return false;
  return !isHidden(scope.hidden ?? hiddenByCatalogue, organization_id, action);
}

export interface Select {
  /** What the query is called in metrics. */
  name: string;
  scope: TenantScope;
  /** Values through `bind` only. */
  columns: readonly string[] | ((bind: Bind) => readonly string[]);
  /** Conditions beside the tenant's, joined by AND; values through `bind` only. */
  where?: (bind: Bind) => readonly string[];
  /** What follows WHERE: GROUP BY, ORDER BY, LIMIT. */
  rest?: string;
  /** A query around this one, which is given as a subquery in parentheses. */
  around?: (subquery: string, bind: Bind) => string;
  settings?: ClickHouseSettings;
  signal?: AbortSignal | undefined;
}

/** The only way of the gateway to the table of events. */
export interface EventsTable {
  /** RowBinary of the columns. Rejects with a Problem. */
  select(query: Select): Promise<Buffer>;
  /** Rows as objects; 64-bit numbers as numbers. */
  selectObjects<T>(query: Select): Promise<T[]>;
}

export interface QueryLimits {
  executionSeconds: number;
  memoryBytes: number;
  resultBytes: number;
}

export const defaultQueryLimits: QueryLimits = {
  executionSeconds: 20,
  memoryBytes: 1_073_741_824,
  resultBytes: 33_554_432,
};

export const limitSettings = ({ executionSeconds, memoryBytes, resultBytes }: QueryLimits): ClickHouseSettings => ({
  max_execution_time: executionSeconds,
  max_memory_usage: String(memoryBytes),
  max_result_bytes: String(resultBytes),
  result_overflow_mode: 'throw',
  // Compares every row's time with the newest found so far: dearer than the sorting that it spares (docs/decisions/0021).
  use_top_k_dynamic_filtering: 0,
});

export function createEventsTable({
  clickhouse,
  database,
  metrics,
  limits = defaultQueryLimits,
}: {
  clickhouse: ClickHouseClient;
  database: string;
  metrics: QueryMetrics;
  limits?: QueryLimits;
}): EventsTable {
  const settings = limitSettings(limits);

  const compile = (select: Select): { query: string; params: Record<string, unknown> } => {
    const { scope, columns, where, rest = '', around } = select;
    const bind = createBind();
    const conditions = [tenantCondition(scope, bind), ...(where?.(bind) ?? [])];
    const selected = typeof columns === 'function' ? columns(bind) : columns;
    const query = `SELECT ${selected.join(', ')} FROM {database:Identifier}.events
        WHERE ${conditions.map((condition) => `(${condition})`).join(' AND ')} ${rest}`;
    return { query: around ? around(`(${query})`, bind) : query, params: { ...bind.params, database } };
  };

  const timed = async <T>({ name, signal }: Select, work: () => Promise<T>): Promise<T> => {
    const stop = metrics.querySeconds.startTimer({ query: name });
    try {
      return await work();
    } catch (error) {
      throw signal?.aborted ? error : queryProblem(error, limits);
    } finally {
      stop();
    }
  };

  return {
    select: (select) =>
      timed(select, () =>
        fetchRowBinary({
          clickhouse,
          settings: { ...settings, ...select.settings },
          signal: select.signal,
          ...compile(select),
        }),
      ),
    selectObjects: <T>(select: Select) =>
      timed(select, async () => {
        const { query, params } = compile(select);
        const result = await clickhouse.query({
          query,
          query_params: params,
          format: 'JSONEachRow',
          clickhouse_settings: {
            ...settings,
            ...select.settings,
            output_format_json_quote_64bit_integers: 0,
            wait_end_of_query: 1,
          },
          ...(select.signal ? { abort_signal: select.signal } : {}),
        });
        return result.json<T>();
      }),
  };
}
