import type { ClickHouseClient } from '../../../core/clients/clickhouse.js';
import { type ChannelKindName, channelKindNames } from '../channels/kind.js';
import type { Channel } from './channel.js';

/** The table of channels. A change is a new version of the row. */
export interface ChannelTable {
  /** Changes whenever a channel was added or changed; costs less than reading them all. */
  fingerprint(): Promise<string>;
  /** The newest version of every channel, removed ones too, of kinds that this version knows. */
  all(): Promise<Channel[]>;
  put(channel: Channel): Promise<void>;
}

interface Row {
  organization_id: string;
  id: string;
  version: number;
  name: string;
  kind: string;
  enabled: boolean;
  messages_per_minute: number;
  group_seconds: number;
  group_by: readonly string[];
  title_template: string;
  body_template: string;
  settings: string;
  secrets: Record<string, string>;
  deleted: boolean;
  created_ms: number;
  changed_ms: number;
  changed_by: string;
}

const queryTimeoutMs = 5_000;

export function createChannelTable({
  clickhouse,
  database,
}: {
  clickhouse: ClickHouseClient;
  database: string;
}): ChannelTable {
  const rows = async <T>(select: string): Promise<T[]> => {
    const result = await clickhouse.query({
      query: select,
      query_params: { database },
      format: 'JSONEachRow',
      abort_signal: AbortSignal.timeout(queryTimeoutMs),
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    });
    return result.json<T>();
  };
  return {
    async fingerprint() {
      const [row] = await rows(
        'SELECT count() AS rows, max(version) AS newest FROM {database:Identifier}.alert_channels FINAL',
      );
      return JSON.stringify(row);
    },
    async all() {
      const found =
        await rows<Row>(`SELECT organization_id, id, version, name, kind, enabled, messages_per_minute, group_seconds, group_by,
          title_template, body_template, settings, secrets, deleted, changed_by,
          toUnixTimestamp64Milli(created_at) AS created_ms, toUnixTimestamp64Milli(changed_at) AS changed_ms
        FROM {database:Identifier}.alert_channels FINAL`);
      return found.flatMap(channelOfRow);
    },
    async put(channel) {
      await clickhouse.insert({
        table: `${database}.alert_channels`,
        format: 'JSONEachRow',
        values: [rowOf(channel)],
        abort_signal: AbortSignal.timeout(queryTimeoutMs),
      });
    },
  };
}

const rowOf = (channel: Channel): Record<string, unknown> => ({
  organization_id: channel.organizationId,
  id: channel.id,
  version: channel.version,
  name: channel.name,
  kind: channel.kind,
  enabled: channel.enabled,
  messages_per_minute: channel.messagesPerMinute,
  group_seconds: channel.groupSeconds,
  group_by: channel.groupBy,
  title_template: channel.templates.title ?? '',
  body_template: channel.templates.body ?? '',
  settings: JSON.stringify(channel.settings),
  secrets: channel.sealed,
  deleted: channel.deleted,
  created_at: new Date(channel.createdAtMs).toISOString(),
  changed_at: new Date(channel.changedAtMs).toISOString(),
  changed_by: channel.changedBy,
});

const isKind = (name: string): name is ChannelKindName => (channelKindNames as readonly string[]).includes(name);

function channelOfRow(row: Row): Channel[] {
  if (!isKind(row.kind)) return [];
  return [
    {
      id: row.id,
      organizationId: row.organization_id,
      version: row.version,
      name: row.name,
      kind: row.kind,
      enabled: row.enabled,
      messagesPerMinute: row.messages_per_minute,
      groupSeconds: row.group_seconds,
      groupBy: row.group_by,
      templates: {
        ...(row.title_template ? { title: row.title_template } : {}),
        ...(row.body_template ? { body: row.body_template } : {}),
      },
      settings: JSON.parse(row.settings) as Record<string, unknown>,
      sealed: row.secrets,
      deleted: row.deleted,
      createdAtMs: row.created_ms,
      changedAtMs: row.changed_ms,
      changedBy: row.changed_by,
    },
  ];
}
