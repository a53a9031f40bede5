import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import { formatTimestampUs } from '../../core/event/time.js';
import type { Level } from '../rules/rule.js';
import type { Finding } from './finding.js';

/** Findings in ClickHouse: a row per version, of which the newest counts. */
export interface FindingTable {
  write(findings: readonly Finding[]): Promise<void>;
  /** The newest versions, of findings that did not become part of another, which could still grow at a time. */
  open(rules: { owner: string; ruleIds: readonly string[] }, atUs: number): Promise<Finding[]>;
  /** Those that fit, the newest first hit first; at most `limit`, behind `after`. Findings that became part of another only where asked for. */
  list(query: FindingQuery): Promise<Finding[]>;
  /** The newest versions, of any that are known. */
  byIds(ids: readonly { organizationId: string; id: string }[]): Promise<Finding[]>;
}

/** Times are µs since 1970. */
export interface FindingQuery {
  organizations: '*' | readonly string[];
  /** With '*': also findings about events that belong to no organization. */
  system?: boolean;
  ids?: readonly string[] | undefined;
  rules?: readonly string[] | undefined;
  levels?: readonly Level[] | undefined;
  fingerprint?: string | undefined;
  /** Values of fields of the group. */
  group?: Readonly<Record<string, string>> | undefined;
  /** Findings that reach into the time from here, and begin before there. */
  fromUs?: number | undefined;
  toUs?: number | undefined;
  /** Only those that may not be resolved at a time: something can still come to them, or somebody reopened them. */
  unresolvedAtUs?: number | undefined;
  replaced?: boolean;
  after?: Pick<Finding, 'firstHitUs' | 'id'> | undefined;
  limit: number;
}

interface Row {
  organization_id: string;
  id: string;
  version: number;
  fingerprint: string;
  owner: string;
  rule_id: string;
  rule_version: string;
  rule_title: string;
  rule_author: string;
  level: Level;
  group_names: readonly string[];
  group_values: readonly string[];
  first_hit_id: string;
  hits: number;
  events: number;
  event_ids: readonly string[];
  successor: string;
}

const noId = '00000000-0000-0000-0000-000000000000';
const times = ['first_hit', 'first_seen', 'last_seen', 'ends_at', 'resolves_at'] as const;
type Times<T> = Record<(typeof times)[number], T>;
/** Microseconds as a number: they stay below 2^53. */
const timeColumns = times.map((name) => `toUnixTimestamp64Micro(${name}) AS ${name}_us`).join(', ');
const columns = `organization_id, toString(id) AS id, version, fingerprint, owner, rule_id, rule_version, rule_title, rule_author, level,
  group_names, group_values, toString(first_hit_id) AS first_hit_id, hits, events, arrayMap(x -> toString(x), event_ids) AS event_ids,
  toString(successor) AS successor, ${timeColumns}`;
const readSettings = { output_format_json_quote_64bit_integers: 0, prefer_column_name_to_alias: 1 } as const;

export function createFindingTable({
  clickhouse,
  database,
  nowMs = Date.now,
}: {
  clickhouse: ClickHouseClient;
  database: string;
  nowMs?: () => number;
}): FindingTable {
  const select = async (where: string, params: Record<string, unknown>): Promise<Finding[]> => {
    const result = await clickhouse.query({
      query: `SELECT ${columns} FROM {database:Identifier}.alert_findings FINAL WHERE ${where}`,
      query_params: { database, ...params },
      format: 'JSONEachRow',
      clickhouse_settings: readSettings,
    });
    return (await result.json<Row & Times<never>>()).map((row) => toFinding(row as never));
  };
  return {
    async write(findings) {
      if (findings.length === 0) return;
      const writtenAt = new Date(nowMs()).toISOString();
      await clickhouse.insert({
        table: `${database}.alert_findings`,
        format: 'JSONEachRow',
        values: findings.map((finding) => ({ ...toRow(finding), written_at: writtenAt })),
      });
    },
    open: ({ owner, ruleIds }, atUs) =>
      ruleIds.length === 0
        ? Promise.resolve([])
        : select(
            `owner = {owner:String} AND rule_id IN {rules:Array(String)} AND successor = toUUID('${noId}')
              AND ends_at >= fromUnixTimestamp64Micro({at:Int64})`,
            { owner, rules: ruleIds, at: Math.max(0, Math.floor(atUs)) },
          ),
    list: (query) => {
      const { conditions, params } = listConditions(query);
      return select(`${conditions.join(' AND ')} ORDER BY first_hit DESC, id DESC LIMIT {limit:UInt32}`, params);
    },
    byIds: (ids) =>
      ids.length === 0
        ? Promise.resolve([])
        : select('organization_id IN {organizations:Array(String)} AND id IN {ids:Array(UUID)}', {
            organizations: [...new Set(ids.map(({ organizationId }) => organizationId))],
            ids: ids.map(({ id }) => id),
          }),
  };
}

function listConditions(query: FindingQuery): { conditions: string[]; params: Record<string, unknown> } {
  const { organizations, system = false, rules, levels, fingerprint, group = {}, fromUs, toUs, after } = query;
  const { unresolvedAtUs: now } = query;
  const conditions: string[] = ['true'];
  const params: Record<string, unknown> = { limit: query.limit };
  const when = (holds: boolean, condition: string, values: Record<string, unknown> = {}): void => {
    if (!holds) return;
    conditions.push(condition);
    Object.assign(params, values);
  };
  const time = (name: string): string => `fromUnixTimestamp64Micro({${name}:Int64})`;
  when(organizations !== '*', 'organization_id IN {organizations:Array(String)}', { organizations });
  when(!system, "organization_id != ''");
  when(query.replaced !== true, `successor = toUUID('${noId}')`);
  when(query.ids !== undefined, 'id IN {ids:Array(UUID)}', { ids: query.ids });
  when(rules !== undefined, 'rule_id IN {rules:Array(String)}', { rules });
  when(levels !== undefined, 'toString(level) IN {levels:Array(String)}', { levels });
  when(fingerprint !== undefined, 'fingerprint = {fingerprint:String}', { fingerprint });
  Object.entries(group).forEach(([name, value], at) => {
    const condition = `group_values[indexOf(group_names, {name${at}:String})] = {value${at}:String}`;
    when(true, `has(group_names, {name${at}:String}) AND ${condition}`, { [`name${at}`]: name, [`value${at}`]: value });
  });
  when(fromUs !== undefined, `last_seen >= ${time('from')}`, { from: fromUs });
  when(toUs !== undefined, `first_seen < ${time('to')}`, { to: toUs });
  when(
    now !== undefined,
    `(resolves_at > ${time('now')} OR (organization_id, id) IN
      (SELECT organization_id, finding_id FROM {database:Identifier}.alert_actions WHERE kind = 'reopened'))`,
    { now },
  );
  when(after !== undefined, `(first_hit, id) < (${time('hit')}, {id:UUID})`, { hit: after?.firstHitUs, id: after?.id });
  return { conditions, params };
}

function toRow(finding: Finding): Row & Times<string> {
  const { rule, group } = finding;
  return {
    organization_id: finding.organizationId,
    id: finding.id,
    version: finding.version,
    fingerprint: finding.fingerprint,
    owner: finding.owner,
    rule_id: rule.id,
    rule_version: rule.version,
    rule_title: rule.title,
    rule_author: rule.author,
    level: rule.level,
    group_names: group.names,
    group_values: group.values,
    first_hit_id: finding.firstHitId,
    first_hit: formatTimestampUs(finding.firstHitUs),
    first_seen: formatTimestampUs(finding.firstSeenUs),
    last_seen: formatTimestampUs(finding.lastSeenUs),
    ends_at: formatTimestampUs(finding.endsUs),
    resolves_at: formatTimestampUs(finding.resolvesUs),
    hits: finding.hits,
    events: finding.events,
    event_ids: finding.eventIds,
    successor: finding.successor ?? noId,
  };
}

const toFinding = (
  row: Row & {
    first_hit_us: number;
    first_seen_us: number;
    last_seen_us: number;
    ends_at_us: number;
    resolves_at_us: number;
  },
): Finding => ({
  id: row.id,
  fingerprint: row.fingerprint,
  version: row.version,
  organizationId: row.organization_id,
  owner: row.owner,
  rule: {
    id: row.rule_id,
    version: row.rule_version,
    title: row.rule_title,
    author: row.rule_author,
    level: row.level,
  },
  group: { names: row.group_names, values: row.group_values },
  firstHitId: row.first_hit_id,
  firstHitUs: row.first_hit_us,
  firstSeenUs: row.first_seen_us,
  lastSeenUs: row.last_seen_us,
  endsUs: row.ends_at_us,
  resolvesUs: row.resolves_at_us,
  hits: row.hits,
  events: row.events,
  eventIds: row.event_ids,
  successor: row.successor === noId ? undefined : row.successor,
});
