import { shardOf } from '../../../core/log-folder/index.js';
import { decodeEventRows, type EventRow, eventColumns } from '../../../core/rows/index.js';
import { createNodeTreeHasher } from '../../../core/tlog/node.js';
import type { Bundle } from '../../../core/verify/bundle.js';
import { type BundleJson, bundleToJson } from '../../../core/verify/write-bundle.js';
import { Problem } from '../../errors.js';
import { badParameter } from '../errors.js';
import type { RawQuery, ScopeFor } from '../event-queries.js';
import { readListRequest } from '../list-request.js';
import { readNewest } from '../newest.js';
import type { EventsTable, TenantScope } from '../scope.js';
import type { Evidence, OffsetRange } from './evidence.js';
import { createShardSource } from './shard-source.js';

/** A stretch of a log, by its own indices. */
export interface AskedRange {
  shard: string;
  from: number;
  to: number;
}

export interface Proofs {
  ofEvent(scope: TenantScope, id: string, signal: AbortSignal): Promise<BundleJson>;
  /** Of the newest events that the filters let through. */
  ofQuery(scopeFor: ScopeFor, query: RawQuery, signal: AbortSignal): Promise<BundleJson>;
  /** Of all records in the range, with those of their events that the scope may see. */
  ofRange(scope: TenantScope, range: AskedRange, signal: AbortSignal): Promise<BundleJson>;
}

/** Records of a partition between the first and the last event of a query that are shown all, so that none can be left out. */
const mostAround = 2_000;
const mostRecords = 10_000;
const mostEvents = 10_000;

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
const json = (bundle: Bundle): BundleJson => bundleToJson(bundle, base64);

export function createProofs({
  evidence,
  table,
  logFolder,
  rowsById,
  nowMs,
}: {
  evidence: Evidence;
  table: EventsTable;
  logFolder: string | undefined;
  rowsById: (scope: TenantScope, id: string, signal: AbortSignal) => Promise<EventRow[]>;
  nowMs: () => number;
}): Proofs {
  const offsetsOf = async ({ shard: name, from, to }: AskedRange): Promise<OffsetRange> => {
    const shard = shardOf(name);
    if (!shard || shard === 'registry') throw badParameter('shard', 'is no shard of events; /api/log lists them');
    if (from >= to || to - from > mostRecords) {
      throw badParameter('to', `does not end a range of 1 to ${mostRecords} records that begins at ${from}`);
    }
    const source = logFolder
      ? createShardSource({ folder: logFolder, shard, hasher: createNodeTreeHasher() })
      : undefined;
    const first = await source?.offsetAt(from);
    const last = await source?.offsetAt(to - 1);
    if (first === undefined || last === undefined) {
      throw new Problem('not-found', `the log of ${name} has no entries ${from} to ${to - 1}`);
    }
    return { ...shard, from: first, to: last + 1 };
  };

  return {
    async ofEvent(scope, id, signal) {
      const rows = await rowsById(scope, id, signal);
      return json(await evidence.bundle({ rows: rows.slice(0, 1), question: { kind: 'event', id: id.toLowerCase() } }));
    },
    async ofQuery(scopeFor, query, signal) {
      const request = readListRequest(query, { nowMs: nowMs() });
      if (request.order === 'ingest' || request.cursor !== undefined) {
        throw badParameter('cursor', 'is not for proofs: narrow the filters instead');
      }
      const { filter, limit, order: direction, filters } = request;
      const scope = scopeFor(filter.organizations);
      const skip = 'skip' in request ? request.skip : 0;
      const { rows } = await readNewest({
        table,
        scope,
        filter,
        direction,
        after: undefined,
        skip,
        limit,
        nowMs: nowMs(),
        signal,
      });
      const asked = Object.fromEntries([...filters].map(([name, values]) => [name, [...values]]));
      return json(
        await evidence.bundle({ rows, question: { kind: 'query', filters: asked }, ranges: rangesAround(rows) }),
      );
    },
    async ofRange(scope, asked, signal) {
      const range = await offsetsOf(asked);
      const rows = decodeEventRows(
        await table.select({
          name: 'proof_range',
          scope,
          columns: eventColumns,
          where: (bind) => [
            `incarnation = unhex(${bind('String', range.incarnation.toString('hex'))})`,
            `partition = ${bind('UInt32', range.partition)}`,
            `offset >= ${bind('UInt64', range.from)} AND offset < ${bind('UInt64', range.to)}`,
          ],
          rest: `ORDER BY offset, idx LIMIT ${mostEvents + 1}`,
          signal,
        }),
      );
      if (rows.length > mostEvents) {
        throw new Problem('query-too-heavy', `the range holds more than ${mostEvents} events; ask for a smaller one`);
      }
      return json(await evidence.bundle({ rows, question: { kind: 'range' }, ranges: [range] }));
    },
  };
}

/** Of each partition, from the first record with an event of the query to the last, where they are not too far apart. */
function rangesAround(rows: readonly EventRow[]): OffsetRange[] {
  const found = new Map<string, OffsetRange>();
  for (const { incarnation, partition, offset } of rows) {
    const key = `${incarnation.toString('hex')}/${partition}`;
    const range = found.get(key);
    found.set(key, {
      incarnation,
      partition,
      from: Math.min(range?.from ?? offset, offset),
      to: Math.max(range?.to ?? 0, offset + 1),
    });
  }
  return [...found.values()].filter(({ from, to }) => to - from <= mostAround);
}
