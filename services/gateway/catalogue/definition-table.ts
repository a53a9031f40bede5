import type { ActionDefinition, JsonSchema, Visibility } from '../../core/catalogue/index.js';
import type { ClickHouseClient } from '../../core/clients/clickhouse.js';

/** An action as an organization defined it. It goes by no other names. */
export interface OwnDefinition extends ActionDefinition {
  readonly organization: string;
  readonly version: number;
  readonly changedAtMs: number;
  /** Id of the API key that defined it. */
  readonly changedBy: string;
}

/** The table of such definitions. A change is a new version of the row. */
export interface DefinitionTable {
  /** Changes whenever a definition was added, changed or removed; costs less than reading them all. */
  fingerprint(): Promise<string>;
  all(): Promise<OwnDefinition[]>;
  write(definition: OwnDefinition, deleted: boolean): Promise<void>;
}

interface Row {
  organization_id: string;
  name: string;
  version: number;
  kind: ActionDefinition['kind'];
  description: string;
  details_schema: string;
  visible_to: Visibility;
  changed_ms: number;
  changed_by: string;
}

const queryTimeoutMs = 5_000;

export function createDefinitionTable({
  clickhouse,
  database,
}: {
  clickhouse: ClickHouseClient;
  database: string;
}): DefinitionTable {
  const rows = async <T>(query: string): Promise<T[]> => {
    const result = await clickhouse.query({
      query,
      query_params: { database },
      format: 'JSONEachRow',
      abort_signal: AbortSignal.timeout(queryTimeoutMs),
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    });
    return result.json<T>();
  };
  return {
    async fingerprint() {
      const [row] = await rows('SELECT count() AS rows, max(version) AS newest FROM {database:Identifier}.actions');
      return JSON.stringify(row);
    },
    async all() {
      const select = `SELECT organization_id, name, version, kind, description, details_schema, visible_to,
          toUnixTimestamp64Milli(changed_at) AS changed_ms, changed_by
        FROM {database:Identifier}.actions FINAL WHERE NOT deleted`;
      return (await rows<Row>(select)).map(definitionOf);
    },
    async write(definition, deleted) {
      const { organization, name, version, kind, description, schema, visible_to, changedAtMs, changedBy } = definition;
      await clickhouse.insert({
        table: `${database}.actions`,
        format: 'JSONEachRow',
        values: [
          {
            organization_id: organization,
            name,
            version,
            deleted,
            kind,
            description,
            details_schema: JSON.stringify(schema),
            visible_to,
            changed_at: new Date(changedAtMs).toISOString(),
            changed_by: changedBy,
          },
        ],
        abort_signal: AbortSignal.timeout(queryTimeoutMs),
      });
    },
  };
}

const definitionOf = (row: Row): OwnDefinition => ({
  organization: row.organization_id,
  name: row.name,
  version: row.version,
  kind: row.kind,
  description: row.description,
  schema: JSON.parse(row.details_schema) as JsonSchema,
  // What this version does not know hides rather than shows.
  visible_to: row.visible_to === 'all' ? 'all' : 'owners',
  aliases: [],
  changedAtMs: row.changed_ms,
  changedBy: row.changed_by,
});
