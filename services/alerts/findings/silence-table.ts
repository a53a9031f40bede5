import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import { formatTimestampUs } from '../../core/event/time.js';
import type { Silence, SilenceMatcher } from './silence.js';

/** A silence as it is stored. */
export interface StoredSilence extends Silence {
  version: number;
  reason: string;
  deleted: boolean;
  changedAtMs: number;
  changedBy: string;
}

/** Silences in ClickHouse: a row per version, of which the newest counts. */
export interface SilenceTable {
  put(silence: StoredSilence): Promise<void>;
  /** Those of everybody that have not ended at a time. */
  lasting(nowUs: number): Promise<StoredSilence[]>;
  /**
   * Of these owners ('' is of every organization), those that end after a time; the newest begun first, at most `mostOfOwner` of each: nobody's
   * silences push out another's.
   */
  of(owners: '*' | readonly string[], endAfterUs?: number): Promise<StoredSilence[]>;
  /** However old it is. */
  find(owner: string, id: string): Promise<StoredSilence | undefined>;
}

/** More than an owner may have lasting at a time. */
export const mostOfOwner = 1_000;
/** Of all owners. */
const mostSilences = 100_000;

interface Row {
  organization_id: string;
  id: string;
  version: number;
  matchers: string;
  starts_us: number;
  ends_us: number;
  reason: string;
  changed_ms: number;
  changed_by: string;
}

export function createSilenceTable({
  clickhouse,
  database,
}: {
  clickhouse: ClickHouseClient;
  database: string;
}): SilenceTable {
  const select = async (conditions: string, params: Record<string, unknown>): Promise<StoredSilence[]> => {
    const result = await clickhouse.query({
      query: `SELECT organization_id, id, version, matchers, reason, changed_by, toUnixTimestamp64Milli(starts_at) * 1000 AS starts_us,
          toUnixTimestamp64Milli(ends_at) * 1000 AS ends_us, toUnixTimestamp64Milli(changed_at) AS changed_ms
        FROM {database:Identifier}.alert_silences FINAL
        WHERE NOT deleted AND ${conditions}
        ORDER BY starts_at DESC, id LIMIT ${mostOfOwner} BY organization_id LIMIT ${mostSilences}`,
      query_params: { database, ...params },
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    });
    return (await result.json<Row>()).map(silenceOf);
  };
  const of: SilenceTable['of'] = (owners, endAfterUs = 0) => {
    const lasting = 'ends_us > {after:Int64}';
    const after = Math.max(0, Math.floor(endAfterUs));
    if (owners === '*') return select(lasting, { after });
    return select(`${lasting} AND organization_id IN {owners:Array(String)}`, { after, owners });
  };
  return {
    of,
    find: async (owner, id) =>
      (await select('organization_id = {owner:String} AND id = {id:String}', { owner, id })).at(0),
    lasting: (nowUs) => of('*', nowUs),
    async put(silence) {
      await clickhouse.insert({
        table: `${database}.alert_silences`,
        format: 'JSONEachRow',
        values: [
          {
            organization_id: silence.organizationId,
            id: silence.id,
            version: silence.version,
            matchers: JSON.stringify(silence.matchers),
            starts_at: formatTimestampUs(silence.startsUs),
            ends_at: formatTimestampUs(silence.endsUs),
            reason: silence.reason,
            deleted: silence.deleted,
            changed_at: formatTimestampUs(silence.changedAtMs * 1_000),
            changed_by: silence.changedBy,
          },
        ],
      });
    },
  };
}

const silenceOf = (row: Row): StoredSilence => ({
  organizationId: row.organization_id,
  id: row.id,
  version: row.version,
  matchers: JSON.parse(row.matchers) as SilenceMatcher[],
  startsUs: row.starts_us,
  endsUs: row.ends_us,
  reason: row.reason,
  deleted: false,
  changedAtMs: row.changed_ms,
  changedBy: row.changed_by,
});
