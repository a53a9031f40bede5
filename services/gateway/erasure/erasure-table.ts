import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import type { ErasablePartName } from '../../core/erasure/index.js';
import type { SubjectInput } from './subject.js';

export const erasureStates = ['requested', 'finding', 'rewriting', 'waiting', 'removing', 'done'] as const;
export type ErasureState = (typeof erasureStates)[number];

/** An erasure that was asked for, and how far it is. */
export interface Erasure {
  id: string;
  version: number;
  organizations: '*' | readonly string[];
  /** Events of the system scope, too. */
  withSystem: boolean;
  requestHash: string;
  /** Absent once the work is done. */
  subject: SubjectInput | undefined;
  subjectKind: 'actor_id' | 'email' | 'filter';
  /** HMAC-SHA-256, hex. */
  subjectHash: string;
  parts: readonly ErasablePartName[];
  legalBasis: string;
  reason: string;
  requestedBy: string;
  requestedAtMs: number;
  state: ErasureState;
  /** Hex. */
  incarnation: string;
  /** By partition: the first offset that it does not concern. */
  bounds: readonly number[];
  events: number;
  partsListed: number;
  records: number;
  quarantined: number;
  findings: number;
  unreadable: number;
  listDigest: string;
  /** Why it does not go on at the moment. */
  error: string;
  completedAtMs: number | undefined;
  /** When Kafka holds nothing of it any more; undefined for never. */
  goneByMs: number | undefined;
}

/** The table of erasures. A change is a new version of the row. */
export interface ErasureTable {
  get(id: string): Promise<Erasure | undefined>;
  /** Newest first, at most `limit`, which were asked for before `beforeMs`. */
  list(options: { beforeMs: number; limit: number }): Promise<Erasure[]>;
  /** Those that are not done, the oldest first. */
  open(): Promise<Erasure[]>;
  put(erasure: Erasure): Promise<void>;
  /** Resolves once no version of the row, and no active part of the table, holds the subject. */
  forgetSubject(id: string): Promise<void>;
}

interface Row {
  id: string;
  version: number;
  organizations: string[];
  with_system: boolean;
  request_hash: string;
  subject: string;
  subject_kind: Erasure['subjectKind'];
  subject_hash: string;
  parts: ErasablePartName[];
  legal_basis: string;
  reason: string;
  requested_by: string;
  requested_ms: number;
  state: ErasureState;
  incarnation: string;
  bounds: number[];
  events: number;
  parts_listed: number;
  records: number;
  quarantined: number;
  findings: number;
  unreadable: number;
  list_digest: string;
  error: string;
  completed_ms: number;
  gone_by_ms: number;
}

/** The newest version of each, by the table's key; a merge may not have seen the newest yet. */
const columns = `id, version, organizations, with_system, request_hash, subject, subject_kind, subject_hash, parts, legal_basis, reason,
  requested_by, toUnixTimestamp64Milli(requested_at) AS requested_ms, state, incarnation, bounds, events, parts_listed, records, quarantined,
  findings, unreadable, list_digest, error, toUnixTimestamp64Milli(completed_at) AS completed_ms, toUnixTimestamp64Milli(gone_by) AS gone_by_ms`;

export function createErasureTable({
  clickhouse,
  database,
  now = Date.now,
}: {
  clickhouse: ClickHouseClient;
  database: string;
  now?: () => number;
}): ErasureTable {
  const select = async (rest: string, params: Record<string, unknown>): Promise<Erasure[]> => {
    const result = await clickhouse.query({
      query: `SELECT * FROM (SELECT ${columns} FROM {database:Identifier}.erasures ORDER BY version DESC LIMIT 1 BY id) WHERE ${rest}`,
      query_params: { database, ...params },
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0, wait_end_of_query: 1 },
    });
    return (await result.json<Row>()).map(erasureOfRow);
  };
  return {
    async get(id) {
      return (await select('id = {id:UUID}', { id }))[0];
    },
    list: ({ beforeMs, limit }) =>
      select('requested_ms < {before:Int64} ORDER BY requested_ms DESC, id LIMIT {limit:UInt32}', {
        before: beforeMs,
        limit,
      }),
    open: () => select(`state != 'done' ORDER BY requested_ms, id`, {}),
    async put(erasure) {
      await clickhouse.insert({
        table: 'erasures',
        values: [rowOfErasure(erasure, now())],
        format: 'JSONEachRow',
      });
    },
    async forgetSubject(id) {
      await clickhouse.command({
        query: `ALTER TABLE {database:Identifier}.erasures UPDATE subject = '' WHERE id = '${checkedUuid(id)}' AND subject != ''`,
        query_params: { database },
        clickhouse_settings: { mutations_sync: '2' },
      });
    },
  };
}

/** Mutations keep their text, so what goes into it is looked at twice. */
export function checkedUuid(id: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return id;
  throw new Error(`${JSON.stringify(id)} is no UUID`);
}

const time = (ms: number): string => new Date(ms).toISOString();

const rowOfErasure = (erasure: Erasure, nowMs: number): Record<string, unknown> => ({
  id: erasure.id,
  version: erasure.version,
  organizations: erasure.organizations === '*' ? ['*'] : erasure.organizations,
  with_system: erasure.withSystem,
  request_hash: erasure.requestHash,
  subject: erasure.subject ? JSON.stringify(erasure.subject) : '',
  subject_kind: erasure.subjectKind,
  subject_hash: erasure.subjectHash,
  parts: erasure.parts,
  legal_basis: erasure.legalBasis,
  reason: erasure.reason,
  requested_by: erasure.requestedBy,
  requested_at: time(erasure.requestedAtMs),
  state: erasure.state,
  incarnation: erasure.incarnation,
  bounds: erasure.bounds,
  events: erasure.events,
  parts_listed: erasure.partsListed,
  records: erasure.records,
  quarantined: erasure.quarantined,
  findings: erasure.findings,
  unreadable: erasure.unreadable,
  list_digest: erasure.listDigest,
  error: erasure.error,
  updated_at: time(nowMs),
  completed_at: time(erasure.completedAtMs ?? 0),
  gone_by: time(erasure.goneByMs ?? 0),
});

const erasureOfRow = (row: Row): Erasure => ({
  id: row.id,
  version: row.version,
  organizations: row.organizations.includes('*') ? '*' : row.organizations,
  withSystem: row.with_system,
  requestHash: row.request_hash,
  subject: row.subject === '' ? undefined : (JSON.parse(row.subject) as SubjectInput),
  subjectKind: row.subject_kind,
  subjectHash: row.subject_hash,
  parts: row.parts,
  legalBasis: row.legal_basis,
  reason: row.reason,
  requestedBy: row.requested_by,
  requestedAtMs: row.requested_ms,
  state: row.state,
  incarnation: row.incarnation,
  bounds: row.bounds,
  events: row.events,
  partsListed: row.parts_listed,
  records: row.records,
  quarantined: row.quarantined,
  findings: row.findings,
  unreadable: row.unreadable,
  listDigest: row.list_digest,
  error: row.error,
  completedAtMs: row.completed_ms === 0 ? undefined : row.completed_ms,
  goneByMs: row.gone_by_ms === 0 ? undefined : row.gone_by_ms,
});
