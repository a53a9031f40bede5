import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import { checkedUuid } from './erasure-table.js';

/** What stands in a finding's group for a value that was erased. */
export const erasedValue = '(erased)';

/** What findings group by and no erasure takes: fields of the body, by the names that rules have for them. */
const bodyFields = new Set([
  ...['scope', 'organization_id', 'application_id', 'organization', 'application', 'tenant'],
  ...['actor', 'actor_id', 'actor.id', 'actor_type', 'actor.type', 'user', 'user_id', 'userId'],
  ...['action', 'event', 'category', 'kind', 'outcome', 'success', 'reason', 'service', 'id'],
  ...['target', 'target_type', 'target.type', 'target_id', 'target.id', 'resource_type', 'resource_id'],
  ...['auth_method', 'correlation_id', 'request_id', 'trace_id', 'details_schema', 'related_type', 'related_id'],
]);

/**
 * How many findings tell of the erasure's events and hold values that were erased, by this run or by an earlier one that was cut short.
 *
 * Groups of alerts hold values of events: an address, a session. Where an event of a finding was erased, every value that may be of an erased part
 * becomes `(erased)`; ids, counts and times stay. Which part a rule's own name for a field stands for is not stored, so what is
 * surely of the body stays and everything else goes.
 */
export async function eraseFindings({
  clickhouse,
  database,
  erasureId,
}: {
  clickhouse: ClickHouseClient;
  database: string;
  erasureId: string;
}): Promise<number> {
  const id = checkedUuid(erasureId);
  const kept = [...bodyFields].map((name) => `'${name}'`).join(', ');
  const ids = `(SELECT event_id FROM {database:Identifier}.erased_parts WHERE erasure_id = '${id}')`;
  const told = `(arrayExists(event -> event IN ${ids}, event_ids) OR first_hit_id IN ${ids})`;
  const open = `arrayExists((name, value) -> name NOT IN (${kept}) AND value != '${erasedValue}', group_names, group_values)`;
  const result = await clickhouse.query({
    query: `SELECT countIf(is_open) AS open, uniqExactIf(id, is_open OR has(group_values, '${erasedValue}')) AS findings
      FROM (SELECT id, group_values, ${open} AS is_open FROM {database:Identifier}.alert_findings WHERE ${told})`,
    query_params: { database },
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0, wait_end_of_query: 1 },
  });
  const [row] = await result.json<{ open: number; findings: number }>();
  if (row!.open === 0) return row!.findings;
  await clickhouse.command({
    query: `ALTER TABLE {database:Identifier}.alert_findings
      UPDATE group_values = arrayMap((name, value) -> if(name IN (${kept}), value, '${erasedValue}'), group_names, group_values)
      WHERE ${open} AND ${told}`,
    query_params: { database },
    clickhouse_settings: { mutations_sync: '2', allow_nondeterministic_mutations: 1 },
  });
  return row!.findings;
}
