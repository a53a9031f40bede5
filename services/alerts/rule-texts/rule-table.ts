import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import { formatTimestampUs } from '../../core/event/time.js';

/** A text of rules as it is stored. */
export interface RuleText {
  organizationId: string;
  id: string;
  version: number;
  name: string;
  text: string;
  enabled: boolean;
  deleted: boolean;
  channels: readonly string[];
  repeatSeconds: number;
  activeFromUs: number;
  changedAtMs: number;
  changedBy: string;
}

export interface RuleTable {
  /** Of all that is there: another one, where anything was changed. */
  fingerprint(): Promise<string>;
  /** The newest versions, removed ones left out. */
  all(): Promise<RuleText[]>;
  /** Of these owners, as they are in the table now. */
  of(owners: readonly string[]): Promise<RuleText[]>;
  /** Every version of a text, removals too, the newest first; at most `mostVersions`. */
  versions(owner: string, id: string): Promise<RuleText[]>;
  write(texts: readonly RuleText[]): Promise<void>;
}

interface Row {
  organization_id: string;
  id: string;
  version: number;
  name: string;
  text: string;
  enabled: boolean;
  deleted: boolean;
  channels: string[];
  repeat_seconds: number;
  active_us: number;
  changed_ms: number;
  changed_by: string;
}

export const mostVersions = 100;

const columns = `organization_id, id, version, name, text, enabled, deleted, channels, repeat_seconds, changed_by,
  toUnixTimestamp64Micro(active_from) AS active_us, toUnixTimestamp64Milli(changed_at) AS changed_ms`;
const table = '{database:Identifier}.alert_rules';

export function createRuleTable({
  clickhouse,
  database,
}: {
  clickhouse: ClickHouseClient;
  database: string;
}): RuleTable {
  const rows = async <T>(query: string, params: Record<string, unknown> = {}): Promise<T[]> => {
    const result = await clickhouse.query({
      query,
      query_params: { database, ...params },
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    });
    return result.json<T>();
  };
  const newest = async (where: string, params?: Record<string, unknown>): Promise<RuleText[]> => {
    const found = await rows<Row>(
      `SELECT * FROM (SELECT ${columns} FROM ${table} WHERE ${where} ORDER BY version DESC LIMIT 1 BY organization_id, id)
        WHERE NOT deleted ORDER BY organization_id, id`,
      params,
    );
    return found.map(textOf);
  };
  return {
    async fingerprint() {
      const [row] = await rows<{ fingerprint: string }>(
        `SELECT toString(groupBitXor(cityHash64(organization_id, id, version))) AS fingerprint
          FROM (SELECT DISTINCT organization_id, id, version FROM ${table})`,
      );
      return row?.fingerprint ?? '';
    },
    all: () => newest('true'),
    of: (owners) => newest('organization_id IN {owners:Array(String)}', { owners }),
    async versions(owner, id) {
      const found = await rows<Row>(
        `SELECT ${columns} FROM ${table} WHERE organization_id = {owner:String} AND id = {id:String}
          ORDER BY version DESC LIMIT 1 BY version LIMIT ${mostVersions}`,
        { owner, id },
      );
      return found.map(textOf);
    },
    async write(texts) {
      await clickhouse.insert({
        table: `${database}.alert_rules`,
        format: 'JSONEachRow',
        values: texts.map((one) => ({
          organization_id: one.organizationId,
          id: one.id,
          version: one.version,
          name: one.name,
          text: one.text,
          enabled: one.enabled,
          deleted: one.deleted,
          channels: one.channels,
          repeat_seconds: one.repeatSeconds,
          active_from: formatTimestampUs(one.activeFromUs),
          changed_at: formatTimestampUs(one.changedAtMs * 1_000),
          changed_by: one.changedBy,
        })),
      });
    },
  };
}

const textOf = (row: Row): RuleText => ({
  organizationId: row.organization_id,
  id: row.id,
  version: row.version,
  name: row.name,
  text: row.text,
  enabled: row.enabled,
  deleted: row.deleted,
  channels: row.channels,
  repeatSeconds: row.repeat_seconds,
  activeFromUs: row.active_us,
  changedAtMs: row.changed_ms,
  changedBy: row.changed_by,
});
