import { randomUUID } from 'node:crypto';
import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import { formatTimestampUs } from '../../core/event/time.js';
import type { ActionKind, AlertAction } from './alert-state.js';

/** Something that was done about a finding, and who did it. */
export interface FindingAction extends AlertAction {
  id: string;
  organizationId: string;
  findingId: string;
  actor: { type: string; id: string; name: string };
}

/** What people did about alerts, in ClickHouse: only added to. */
export interface ActionTable {
  write(actions: readonly Omit<FindingAction, 'id'>[]): Promise<void>;
  add(action: Omit<FindingAction, 'id'>): Promise<void>;
  /** By finding, oldest first; of each the newest `mostActions` of a kind: what is said often pushes nothing out that was decided. */
  of(findings: readonly { organizationId: string; id: string }[]): Promise<Map<string, FindingAction[]>>;
}

export const mostActions = 1_000;

interface Row {
  id: string;
  organization_id: string;
  finding_id: string;
  kind: ActionKind;
  at_us: number;
  actor_type: string;
  actor_id: string;
  actor_name: string;
  note: string;
}

export function createActionTable({
  clickhouse,
  database,
}: {
  clickhouse: ClickHouseClient;
  database: string;
}): ActionTable {
  const write: ActionTable['write'] = async (actions) => {
    if (actions.length === 0) return;
    await clickhouse.insert({
      table: `${database}.alert_actions`,
      format: 'JSONEachRow',
      values: actions.map(({ organizationId, findingId, kind, atUs, actor, note }) => ({
        organization_id: organizationId,
        finding_id: findingId,
        id: randomUUID(),
        kind,
        at: formatTimestampUs(atUs),
        actor_type: actor.type,
        actor_id: actor.id,
        actor_name: actor.name,
        note,
        details: '',
      })),
    });
  };
  return {
    write,
    add: (action) => write([action]),
    async of(findings) {
      const found = new Map<string, FindingAction[]>(findings.map(({ id }) => [id, []]));
      if (findings.length === 0) return found;
      const result = await clickhouse.query({
        query: `SELECT toString(id) AS id, organization_id, toString(finding_id) AS finding_id, kind, toUnixTimestamp64Micro(at) AS at_us,
            actor_type, actor_id, actor_name, note
          FROM {database:Identifier}.alert_actions
          WHERE organization_id IN {organizations:Array(String)} AND finding_id IN {findings:Array(UUID)}
          ORDER BY at DESC, id DESC LIMIT ${mostActions} BY organization_id, finding_id, kind`,
        query_params: {
          database,
          organizations: [...new Set(findings.map(({ organizationId }) => organizationId))],
          findings: findings.map(({ id }) => id),
        },
        format: 'JSONEachRow',
        clickhouse_settings: { output_format_json_quote_64bit_integers: 0, prefer_column_name_to_alias: 1 },
      });
      const owners = new Map(findings.map(({ id, organizationId }) => [id, organizationId]));
      for (const row of (await result.json<Row>()).reverse()) {
        // Ids are of one organization each; who asks for one of another gets nothing all the same.
        if (owners.get(row.finding_id) === row.organization_id) found.get(row.finding_id)!.push(actionOf(row));
      }
      return found;
    },
  };
}

const actionOf = (row: Row): FindingAction => ({
  id: row.id,
  organizationId: row.organization_id,
  findingId: row.finding_id,
  kind: row.kind,
  atUs: row.at_us,
  actor: { type: row.actor_type, id: row.actor_id, name: row.actor_name },
  note: row.note,
});
