import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import { encodeIngestCursor } from '../../core/cursor/index.js';
import type { Deployment } from '../../core/judge/index.js';
import type { RegistryReader } from '../../core/reading/index.js';
import { parseUuid } from '../../core/wire/index.js';
import type { DetailsCheck, DetailsWatch } from '../catalogue/details.js';
import { Problem } from '../errors.js';
import { type EventAnswer, rowAnswer } from './answer.js';
import { readById } from './event-by-id.js';
import { readFilter, readParameters } from './filter.js';
import { createHistory, type History } from './history.js';
import { readListRequest } from './list-request.js';
import type { QueryMetrics } from './metrics.js';
import { readNewest } from './newest.js';
import { decodePageCursor, encodePageCursor, pageBinding } from './page-cursor.js';
import { createPendingCheck } from './pending.js';
import { createEvidence } from './proof/evidence.js';
import { createProofs, type Proofs } from './proof/proofs.js';
import { createRecords, type Records } from './records.js';
import { createEventsTable, type EventsTable, type QueryLimits, type TenantScope } from './scope.js';
import { readSummary, type Summary } from './summary.js';
import { readTotal } from './total.js';
import { type FullVerdict, withLogChecks } from './verify/full-verdict.js';
import { createLogChecks } from './verify/log-checks.js';
import { createVerifier, type PendingVerdict } from './verify/verify.js';

export type RawQuery = Readonly<Record<string, unknown>>;
/** Narrows the tenant scope by the organizations that a filter asks for; throws forbidden for any that it does not permit. */
export type ScopeFor = (organizations: readonly string[] | undefined) => TenantScope;

export interface ListAnswer {
  events: EventAnswer[];
  next_cursor: string | null;
  persistentLogging: boolean;
  /** With order=ingest: nothing more was stored when the question came. */
  caught_up?: boolean;
  /** Where `page` was given: which, of how many events, and how many there are in all. */
  page?: number;
  per_page?: number;
  total?: number;
}

/** The questions of the query routes, free of HTTP. */
export interface EventQueries {
  readonly metrics: QueryMetrics;
  list(scopeFor: ScopeFor, query: RawQuery, signal: AbortSignal): Promise<ListAnswer>;
  summary(scopeFor: ScopeFor, query: RawQuery, signal: AbortSignal): Promise<Summary & { persistentLogging: boolean }>;
  /** Throws not-found where the tenant has no event with the id. */
  byId(scope: TenantScope, id: string, signal: AbortSignal): Promise<EventAnswer & { details_check?: DetailsCheck }>;
  verify(scope: TenantScope, id: string, signal: AbortSignal): Promise<FullVerdict | PendingVerdict>;
  /** Evidence bundles. */
  proofs: Proofs;
  history: History;
  records: Records;
  /** Whether the scope's organizations have persistent logging, for answers that say so. */
  persistentLogging: (scope: TenantScope) => Promise<boolean>;
  /** The way to the events, for questions that are asked elsewhere. */
  table: EventsTable;
  /** The topic's present incarnation; undefined before the registry names one. */
  incarnation: () => Buffer | undefined;
}

export interface QueryParts {
  clickhouse: ClickHouseClient;
  database: string;
  deployment: Deployment;
  registryReader: RegistryReader;
  /** The topic of events, whose incarnation the registry names. */
  eventsTopic: string;
  metrics: QueryMetrics;
  /** Says whether an event's details fit their schema; nothing does where absent. */
  details?: Pick<DetailsWatch, 'ofRow'>;
  /** Whether the scope's organizations have persistent logging; they have where absent. */
  persistentLogging?: (scope: TenantScope) => Promise<boolean>;
  /** Where the transparency log lies; without it nothing is said of the log. */
  logFolder?: string | undefined;
  /** DER of timestamping authorities' certificates that this gateway's verdicts go by. */
  timestampRoots?: readonly Uint8Array[];
  /** What one query may take. */
  limits?: QueryLimits;
  nowMs?: () => number;
}

export function createEventQueries(parts: QueryParts): EventQueries {
  const { clickhouse, database, deployment, registryReader, eventsTopic, metrics, limits, nowMs = Date.now } = parts;
  const persistent = parts.persistentLogging ?? (async () => true);
  const table: EventsTable = createEventsTable({ clickhouse, database, metrics, ...(limits ? { limits } : {}) });
  const records = createRecords({ clickhouse, database });
  const incarnation = (): Buffer | undefined => registryReader.registry.incarnation(eventsTopic)?.id;
  const history = createHistory({ table, records, incarnation });
  const refusePending = createPendingCheck({ records, incarnation, nowMs });
  const verifier = createVerifier({ records, deployment, registryReader, table, refusePending });
  const { logFolder, timestampRoots = [] } = parts;
  const rootKey = Buffer.from(deployment.rootPublicKey.export({ format: 'jwk' }).x!, 'base64url');
  const evidence = createEvidence({ records, table, deployment, rootKey, registryReader, logFolder, refusePending });
  const logChecks = createLogChecks({ evidence, deployment, rootKey, logFolder, timestampRoots });

  const rowsById = async (scope: TenantScope, id: string, signal: AbortSignal) => {
    const bytes = parseUuid(id);
    const rows = bytes ? await readById({ table, scope, id: bytes, signal }) : [];
    if (rows.length === 0) throw new Problem('not-found', `no event with the id ${JSON.stringify(id)} is to be seen`);
    return rows;
  };

  return {
    metrics,
    history,
    records,
    table,
    incarnation,
    persistentLogging: persistent,
    async list(scopeFor, query, signal) {
      const request = readListRequest(query, { nowMs: nowMs() });
      const { filter, filters, limit } = request;
      const scope = scopeFor(filter.organizations);
      if (request.order === 'ingest') {
        const cursor = await history.start(request.since, 'since');
        const page = await history.page({ scope, filter, cursor, limit, signal });
        return {
          events: page.rows.map(rowAnswer),
          next_cursor: encodeIngestCursor(page.cursor),
          caught_up: page.caughtUp,
          persistentLogging: await persistent(scope),
        };
      }
      const { order: direction, cursor } = request;
      const binding = pageBinding(scope, filters, direction);
      const after = cursor === undefined ? undefined : decodePageCursor(cursor, binding);
      const skip = 'skip' in request ? request.skip : 0;
      const page = readNewest({ table, scope, filter, direction, after, skip, limit, nowMs: nowMs(), signal });
      const numbered = 'page' in request && request.page !== undefined;
      const total = numbered ? readTotal({ table, scope, filter, signal }) : undefined;
      const [{ rows, end }, counted] = await Promise.all([page, total]);
      return {
        events: rows.map(rowAnswer),
        next_cursor: end ? encodePageCursor(binding, end) : null,
        persistentLogging: await persistent(scope),
        ...(numbered ? { page: request.page!, per_page: limit, total: counted! } : {}),
      };
    },
    async summary(scopeFor, query, signal) {
      const filter = readFilter(readParameters(query), { nowMs: nowMs() });
      const scope = scopeFor(filter.organizations);
      const summary = await readSummary({ table, scope, filter, signal });
      return { ...summary, persistentLogging: await persistent(scope) };
    },
    async byId(scope, id, signal) {
      const row = (await rowsById(scope, id, signal))[0]!;
      const details_check = parts.details?.ofRow(row);
      return { ...rowAnswer(row), ...(details_check ? { details_check } : {}) };
    },
    proofs: createProofs({ evidence, table, logFolder, rowsById, nowMs }),
    async verify(scope, id, signal) {
      const rows = await rowsById(scope, id, signal);
      const [verdict, log] = await Promise.all([verifier.verify(rows), logChecks(rows[0]!)]);
      return verdict.status === 'pending' ? verdict : withLogChecks(verdict, log);
    },
  };
}
