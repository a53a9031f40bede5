import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import type { ApiKey } from './api-key.js';
import { type Permission, permissions } from './caller.js';

/** The table of API keys. A change is a new version of the row. */
export interface KeyTable {
  /** Changes whenever a key was added or changed; costs less than reading them all. */
  fingerprint(): Promise<string>;
  /** The newest version of every key, revoked and expired ones included. */
  all(): Promise<ApiKey[]>;
  put(key: ApiKey): Promise<void>;
}

interface Row {
  id: string;
  version: number;
  prefix: string;
  hash: string;
  name: string;
  organizations: string[];
  permissions: string[];
  role: string;
  replaces: string;
  created_ms: number;
  expires_ms: number | null;
  revoked_ms: number | null;
}

const queryTimeoutMs = 5_000;

export function createKeyTable({ clickhouse, database }: { clickhouse: ClickHouseClient; database: string }): KeyTable {
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
      const [row] = await rows('SELECT count() AS rows, max(version) AS newest FROM {database:Identifier}.api_keys');
      return JSON.stringify(row);
    },
    async all() {
      const select = `SELECT id, version, prefix, lower(hex(hash)) AS hash, name, organizations, permissions, role, replaces,
          toUnixTimestamp64Milli(created_at) AS created_ms, toUnixTimestamp64Milli(expires_at) AS expires_ms,
          toUnixTimestamp64Milli(revoked_at) AS revoked_ms
        FROM {database:Identifier}.api_keys FINAL`;
      return (await rows<Row>(select)).map(keyOfRow);
    },
    async put(key) {
      const { id, version, prefix, hash, name, organizations, permissions, role, replaces } = key;
      const { createdAtMs, expiresAtMs, revokedAtMs } = key;
      await clickhouse.command({
        query: `INSERT INTO {database:Identifier}.api_keys
            (id, version, prefix, hash, name, organizations, permissions, created_at, expires_at, revoked_at, role, replaces)
          SELECT {id:String}, {version:UInt64}, {prefix:String}, toFixedString(unhex({hash:String}), 32), {name:String},
            {organizations:Array(String)}, {permissions:Array(String)}, fromUnixTimestamp64Milli({created:Int64}),
            if({expires:Int64} = 0, NULL, fromUnixTimestamp64Milli({expires:Int64})),
            if({revoked:Int64} = 0, NULL, fromUnixTimestamp64Milli({revoked:Int64})),
            {role:String}, {replaces:String}`,
        query_params: {
          database,
          id,
          version,
          prefix,
          hash: hash.toString('hex'),
          name,
          organizations: organizations === '*' ? ['*'] : organizations,
          permissions,
          created: createdAtMs,
          expires: expiresAtMs ?? 0,
          revoked: revokedAtMs ?? 0,
          role: role ?? '',
          replaces: replaces ?? '',
        },
        abort_signal: AbortSignal.timeout(queryTimeoutMs),
      });
    },
  };
}

const isPermission = (name: string): name is Permission => (permissions as readonly string[]).includes(name);

const keyOfRow = (row: Row): ApiKey => ({
  id: row.id,
  version: row.version,
  prefix: row.prefix,
  hash: Buffer.from(row.hash, 'hex'),
  name: row.name,
  organizations: row.organizations.includes('*') ? '*' : row.organizations,
  // A name that this version does not know permits nothing.
  permissions: row.permissions.filter(isPermission),
  role: row.role || undefined,
  replaces: row.replaces || undefined,
  createdAtMs: row.created_ms,
  expiresAtMs: row.expires_ms ?? undefined,
  revokedAtMs: row.revoked_ms ?? undefined,
});
