import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import { anyOf, type Bind, createBind } from '../../core/sql/bind.js';
import type { ViewState } from '../../core/views/vocabulary.js';

/** A view as it is stored. */
export interface StoredView {
  id: string;
  version: number;
  ownerId: string;
  ownerName: string;
  /** With whom it is shared; '' with nobody. */
  organizationId: string;
  name: string;
  state: ViewState;
  createdAtMs: number;
  changedAtMs: number;
  changedBy: string;
}

/** Whose views are looked at: one's own, and those that are shared with organizations. */
export interface ViewScope {
  ownerId: string;
  organizations: '*' | readonly string[];
}

/** How many there are. */
export interface ViewCounts {
  ofOwner: number;
  ofOrganization: number;
  inAll: number;
  /** Whether the owner has another of this name. */
  namesake: boolean;
}

/** Saved views in ClickHouse: a row per version, of which the newest counts. */
export interface ViewTable {
  /** One's own first, then by name; at most so many. Of one's own none that is shared with an organization beyond the scope. */
  list(scope: ViewScope, limit: number): Promise<StoredView[]>;
  find(id: string): Promise<StoredView | undefined>;
  /** Beside the view of this id. */
  counts(beside: Pick<StoredView, 'id' | 'ownerId' | 'organizationId' | 'name'>): Promise<ViewCounts>;
  put(view: StoredView): Promise<void>;
  /** What was asked is no longer in its newest version. */
  remove(view: StoredView): Promise<void>;
}

interface Row {
  id: string;
  version: number;
  owner_id: string;
  owner_name: string;
  organization_id: string;
  name: string;
  state: string;
  created_ms: number;
  changed_ms: number;
  changed_by: string;
}

const queryTimeoutMs = 5_000;

export function createViewTable({
  clickhouse,
  database,
}: {
  clickhouse: ClickHouseClient;
  database: string;
}): ViewTable {
  const rows = async <T>(query: string, { params }: Bind): Promise<T[]> => {
    const result = await clickhouse.query({
      query,
      query_params: { database, ...params },
      format: 'JSONEachRow',
      abort_signal: AbortSignal.timeout(queryTimeoutMs),
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    });
    return result.json<T>();
  };
  const select = async (where: string, rest: string, bind: Bind): Promise<StoredView[]> => {
    const found = await rows<Row>(
      `SELECT id, version, owner_id, owner_name, organization_id, name, state, changed_by,
          toUnixTimestamp64Milli(created_at) AS created_ms, toUnixTimestamp64Milli(changed_at) AS changed_ms
        FROM {database:Identifier}.saved_views FINAL WHERE NOT deleted AND ${where} ${rest}`,
      bind,
    );
    return found.map(viewOfRow);
  };
  const write = async (view: StoredView, deleted: boolean): Promise<void> => {
    await clickhouse.insert({
      table: `${database}.saved_views`,
      format: 'JSONEachRow',
      values: [
        {
          id: view.id,
          version: view.version,
          deleted,
          owner_id: view.ownerId,
          owner_name: view.ownerName,
          organization_id: view.organizationId,
          name: deleted ? '' : view.name,
          state: deleted ? '' : JSON.stringify(view.state),
          created_at: new Date(view.createdAtMs).toISOString(),
          changed_at: new Date(view.changedAtMs).toISOString(),
          changed_by: view.changedBy,
        },
      ],
      abort_signal: AbortSignal.timeout(queryTimeoutMs),
    });
  };
  return {
    async list({ ownerId, organizations }, limit) {
      const bind = createBind();
      const own = `owner_id = ${bind('String', ownerId)}`;
      const shared =
        organizations === '*'
          ? `organization_id != ''`
          : organizations.length === 0
            ? 'false'
            : anyOf('organization_id', organizations, bind);
      const where = `((${own} AND organization_id = '') OR (organization_id != '' AND ${shared}))`;
      return select(where, `ORDER BY ${own} DESC, lowerUTF8(name), id LIMIT ${bind('UInt32', limit)}`, bind);
    },
    async find(id) {
      const bind = createBind();
      return (await select(`id = ${bind('String', id)}`, '', bind)).at(0);
    },
    async counts({ id, ownerId, organizationId, name }) {
      const bind = createBind();
      const owner = `owner_id = ${bind('String', ownerId)}`;
      const [counted] = await rows<Record<'of_owner' | 'of_organization' | 'in_all' | 'namesakes', number>>(
        `SELECT countIf(${owner}) AS of_owner, count() AS in_all,
            countIf(organization_id != '' AND organization_id = ${bind('String', organizationId)}) AS of_organization,
            countIf(${owner} AND lowerUTF8(name) = lowerUTF8(${bind('String', name)})) AS namesakes
          FROM {database:Identifier}.saved_views FINAL WHERE NOT deleted AND id != ${bind('String', id)}`,
        bind,
      );
      return {
        ofOwner: counted!.of_owner,
        ofOrganization: counted!.of_organization,
        inAll: counted!.in_all,
        namesake: counted!.namesakes > 0,
      };
    },
    put: (view) => write(view, false),
    remove: (view) => write(view, true),
  };
}

const viewOfRow = (row: Row): StoredView => ({
  id: row.id,
  version: row.version,
  ownerId: row.owner_id,
  ownerName: row.owner_name,
  organizationId: row.organization_id,
  name: row.name,
  state: JSON.parse(row.state) as ViewState,
  createdAtMs: row.created_ms,
  changedAtMs: row.changed_ms,
  changedBy: row.changed_by,
});
