import type { ClickHouseSettings } from '@clickhouse/client';
import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import { fetchRowBinary } from '../../core/rows/index.js';
import type { WireBody } from '../../core/wire/event.js';
import { anyOf, type Bind, createBind } from './bind.js';
import { queryProblem } from './clickhouse-errors.js';
import type { QueryMetrics } from './metrics.js';

/** Whose events a query may see. It follows from the credential (tenant.ts), never from a filter. */
export type TenantScope =
  | { kind: 'organizations'; organizations: '*' | readonly string[] }
  /** Events of scope system, which belong to no organization. */
  | { kind: 'system' };

/** The tenant condition. Nothing else writes it, and `select` below puts it into every query. */
function tenantCondition(scope: TenantScope, bind: Bind): string {
  if (scope.kind === 'system') return `scope = 'system'`;
  if (scope.organizations === '*') return `scope != 'system'`;
  if (scope.organizations.length === 0) return 'false';
  return `scope != 'system' AND ${anyOf('organization_id', scope.organizations, bind)}`;
}

/** The tenant condition, said of an event in memory. */
export function inTenant(scope: TenantScope, { scope: eventScope, organization_id }: WireBody): boolean {
  if (scope.kind === 'system') return eventScope === 'system';
  if (eventScope === 'system') return false;
  return scope.organizations === '*' || scope.organizations.includes(organization_id);
}

export interface Select {
  /** What the query is called in metrics. */
  name: string;
  scope: TenantScope;
  columns: readonly string[];
  /** Conditions beside the tenant's, joined by AND; values through `bind` only. */
  where?: (bind: Bind) => readonly string[];
  /** What follows WHERE: GROUP BY, ORDER BY, LIMIT. */
  rest?: string;
  /** A query around this one, which is given as a subquery in parentheses. */
  around?: (subquery: string) => string;
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
    const query = `SELECT ${columns.join(', ')} FROM {database:Identifier}.events
        WHERE ${conditions.map((condition) => `(${condition})`).join(' AND ')} ${rest}`;
    return { query: around ? around(`(${query})`) : query, params: { ...bind.params, database } };
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
      timed(select, () => fetchRowBinary({ clickhouse, settings, signal: select.signal, ...compile(select) })),
    selectObjects: <T>(select: Select) =>
      timed(select, async () => {
        const { query, params } = compile(select);
        const result = await clickhouse.query({
          query,
          query_params: params,
          format: 'JSONEachRow',
          clickhouse_settings: { ...settings, output_format_json_quote_64bit_integers: 0, wait_end_of_query: 1 },
          ...(select.signal ? { abort_signal: select.signal } : {}),
        });
        return result.json<T>();
      }),
  };
}
