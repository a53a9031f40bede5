import { type EventToShow, eventRuns, logRuns, type RecordToShow } from '../../../core/evidence/index.js';
import type { Deployment } from '../../../core/judge/index.js';
import { readLogList } from '../../../core/log-folder/index.js';
import type { RegistryReader } from '../../../core/reading/index.js';
import type { BatchRow, EventRow } from '../../../core/rows/index.js';
import { createNodeTreeHasher } from '../../../core/tlog/node.js';
import type { Bundle, LogEvidence, Question } from '../../../core/verify/bundle.js';
import { eventSchema, parseUuid } from '../../../core/wire/index.js';
import { erasureEvidence } from '../../erasure/evidence.js';
import { Problem } from '../../errors.js';
import { readById } from '../event-by-id.js';
import { RecordPending, type RefusePending } from '../pending.js';
import type { PartitionPlace, Records } from '../records.js';
import type { EventsTable } from '../scope.js';
import { createShardSource, type SealedTree } from './shard-source.js';
import { shownEvent } from './shown-events.js';

/** Makes bundles (docs/decisions/0042-evidence.md) from what is stored and what was sealed. */
export interface Evidence {
  /** Where the events of the rows stand, and all that it takes to judge them. `ranges`: stretches of logs to show whole. */
  bundle(asked: { rows: readonly EventRow[]; question: Question; ranges?: readonly OffsetRange[] }): Promise<Bundle>;
}

/** Records of a partition, from an offset to below another. */
export interface OffsetRange extends PartitionPlace {
  from: number;
  to: number;
}

/** Between a record and its marker, where the key was changed later: more of them leaves the verdict open. */
const mostBetween = 4_096;
/** Records that erased parts are looked up for. */
const mostErased = 1_000;
const zeros = Buffer.alloc(16);

export function createEvidence({
  records,
  table,
  deployment,
  rootKey,
  registryReader,
  logFolder,
  refusePending,
}: {
  records: Records;
  table: EventsTable;
  deployment: Deployment;
  /** The deployment's raw root public key. */
  rootKey: Uint8Array;
  registryReader: RegistryReader;
  /** Without one nothing was sealed. */
  logFolder: string | undefined;
  refusePending: RefusePending;
}): Evidence {
  const hasher = createNodeTreeHasher();

  /** The events that name erased parts of these records: judged by whoever verifies, not here. */
  const erasuresOf = async (rows: readonly EventRow[], batches: ReadonlyMap<string, BatchRow>): Promise<EventRow[]> => {
    const hashes = new Set<string>();
    for (const row of rows) {
      if (row.identity_digest.length + row.content_digest.length === 0) continue;
      const batch = batches.get(placeKey(row));
      if (batch) hashes.add(batch.header_hash.toString('hex'));
      if (hashes.size >= mostErased) break;
    }
    const ids = new Set<string>();
    for (const headerHash of hashes) {
      const { listEvents } = await erasureEvidence({ table, headerHash, genuine: async () => true });
      for (const id of listEvents) ids.add(id);
    }
    const found = await Promise.all(
      [...ids].map((id) => readById({ table, scope: { kind: 'system' }, id: parseUuid(id)! })),
    );
    return found.flat();
  };

  const batchesStored = async (rows: readonly EventRow[]): Promise<Map<string, BatchRow>> => {
    const batches = new Map<string, BatchRow>();
    for (const [place, own] of byPartition(rows)) {
      const offsets = [...new Set(own.map(({ offset }) => offset))];
      for (const batch of await records.at(place, offsets)) batches.set(placeKey(batch), batch);
    }
    return batches;
  };

  /** Throws record-pending where one is still to come, conflict where one was taken away. */
  const batchesOf = async (rows: readonly EventRow[]): Promise<Map<string, BatchRow>> => {
    const batches = await batchesStored(rows);
    const missing = rows.filter((row) => !batches.has(placeKey(row)));
    if (missing.length === 0) return batches;
    for (const row of missing) await refusePending(row).catch(asProblem);
    for (const [key, batch] of await batchesStored(missing)) batches.set(key, batch);
    const lost = missing.find((row) => !batches.has(placeKey(row)));
    if (lost) {
      throw new Problem('conflict', `no record is stored for partition ${lost.partition}, offset ${lost.offset}`);
    }
    return batches;
  };

  /** Everything of one partition that the verdict on these records needs beside them. */
  const supporting = async (place: PartitionPlace, asked: readonly BatchRow[]): Promise<BatchRow[]> => {
    if (asked.length === 0) return [];
    const offsets = asked.map(({ offset }) => offset);
    const [least, most] = [Math.min(...offsets), Math.max(...offsets)];
    const [first, later, besides] = await Promise.all([
      records.markerBelow({ ...place, offset: least }),
      least === most ? [] : records.markersBetween(place, least, most),
      records.beside(place, asked),
    ]);
    const markers = first ? [first, ...later] : [];
    const between: BatchRow[] = [];
    for (const batch of asked) {
      const marker = markers.findLast(({ offset }) => offset < batch.offset);
      if (!marker || !isChangedAfter(batch, marker)) continue;
      if (batch.offset - marker.offset > mostBetween) continue;
      between.push(...(await records.between(place, marker.offset, batch.offset, mostBetween)));
    }
    return [...markers, ...firstOfEach(besides), ...between];
  };

  const isChangedAfter = ({ key_id }: BatchRow, marker: BatchRow): boolean =>
    registryReader.registry.changesOf(key_id.toString('hex')).some((offset) => offset > marker.registry_offset);

  const registry = async (asOf: number): Promise<Bundle['registry']> => {
    const all = registryReader.records();
    const tree = logFolder
      ? await createShardSource({ folder: logFolder, shard: 'registry', hasher }).treeWith(
          Math.max(
            0,
            all.findIndex(({ offset }) => offset === asOf),
          ),
        )
      : undefined;
    const shown = tree ? all.slice(0, tree.size) : all;
    return {
      records: shown.map(({ offset, appendTimeMs, value }) => ({ offset, appendTimeMs, value })),
      log:
        tree && shown.length > 0
          ? { checkpoint: tree.note, timestamps: tree.timestamps, proof: await tree.prove(0, shown.length) }
          : null,
    };
  };

  const logOf = async (
    place: PartitionPlace,
    {
      asked,
      beside,
      events,
      range,
    }: { asked: BatchRow[]; beside: BatchRow[]; events: Map<string, EventRow[]>; range?: OffsetRange | undefined },
  ): Promise<LogEvidence> => {
    const all = new Map([...beside, ...asked].map((batch) => [batch.offset, batch]));
    const ascending = [...all.values()].sort((a, b) => a.offset - b.offset);
    const source = logFolder ? createShardSource({ folder: logFolder, shard: place, hasher }) : undefined;
    const indices = new Map<number, number>();
    for (const { offset } of ascending) {
      const index = await source?.indexOf(offset);
      if (index !== undefined) indices.set(offset, index);
    }
    const needed = asked.map(({ offset }) => indices.get(offset));
    const isSealed = source !== undefined && needed.every((index) => index !== undefined);
    const tree: SealedTree | undefined = isSealed
      ? await source.treeWith(needed.reduce<number>((most, index) => Math.max(most, index!), 0))
      : undefined;
    const shown: RecordToShow[] = ascending.flatMap((batch) => {
      const index = tree ? indices.get(batch.offset) : batch.offset;
      // What supports may be too new for the tree; what was asked for is not.
      if (index === undefined || (tree && index >= tree.size)) return [];
      return [recordToShow(batch, index, events.get(placeKey(batch)) ?? [])];
    });
    const inRange = range && shown.filter(({ offset }) => offset >= range.from && offset < range.to);
    return {
      incarnation: place.incarnation,
      partition: place.partition,
      checkpoint: tree?.note ?? null,
      timestamps: tree?.timestamps ?? [],
      range: inRange && inRange.length > 0 ? [inRange[0]!.index, inRange.at(-1)!.index + 1] : null,
      runs: await logRuns(shown, tree?.prove),
    };
  };

  const recordToShow = (batch: BatchRow, index: number, rows: readonly EventRow[]): RecordToShow => {
    const { offset, append_time, value_hash, header, signature, leaves } = batch;
    const events: EventToShow[] = rows.map((row) => shownEvent(row, batch)).sort((a, b) => a.index - b.index);
    const signed =
      header.length > 0 && header.length <= 1_024 && signature.length === 64 ? { header, signature } : undefined;
    return {
      index,
      offset,
      appendTimeMs: append_time,
      valueHash: value_hash,
      signed,
      events: events.length > 0 ? eventRuns(hasher, leaves, events) : [],
    };
  };

  return {
    async bundle({ rows: given, question, ranges = [] }) {
      const first = await batchesOf(given);
      const rows = unique([...given, ...(await erasuresOf(given, first))]);
      const batches = new Map([...first, ...(await batchesOf(rows.filter((row) => !first.has(placeKey(row)))))]);
      const events = new Map<string, EventRow[]>();
      for (const row of rows) events.set(placeKey(row), [...(events.get(placeKey(row)) ?? []), row]);
      const places = byPartition([...batches.values()]);
      for (const { incarnation, partition } of ranges) {
        const key = partitionKey({ incarnation, partition });
        if (![...places.keys()].some((place) => partitionKey(place) === key))
          places.set({ incarnation, partition }, []);
      }
      const logs: LogEvidence[] = [];
      let asOf = 0;
      for (const [place, own] of places) {
        const range = ranges.find((one) => partitionKey(one) === partitionKey(place));
        const ranged = range ? await records.between(place, range.from, range.to, range.to - range.from) : [];
        const asked = [...own, ...ranged];
        const beside = await supporting(place, asked);
        asOf = Math.max(asOf, ...[...asked, ...beside].map(({ registry_offset }) => registry_offset));
        logs.push(await logOf(place, { asked, beside, events, range }));
      }
      const listed = logFolder ? (await readLogList(logFolder)).shards : [];
      return {
        question,
        deployment: {
          audience: deployment.audience,
          rootKey,
          // One key pair serves all shards: any of its names tells it.
          logKeys: [...new Map(listed.map(({ vkey }) => [vkey.split('+').at(-1), vkey])).values()],
        },
        schema: eventSchema,
        registry: await registry(asOf),
        logs,
      };
    },
  };
}

function asProblem(error: unknown): never {
  if (!(error instanceof RecordPending)) throw error;
  const { message, retryAfterSeconds } = error;
  throw new Problem('record-pending', `${message}; ask again in ${retryAfterSeconds} s`, {
    headers: { 'retry-after': String(retryAfterSeconds) },
    cause: error,
  });
}

const partitionKey = ({ incarnation, partition }: PartitionPlace): string =>
  `${(incarnation ?? zeros).toString('hex')}/${partition}`;
const placeKey = (row: PartitionPlace & { offset: number }): string => `${partitionKey(row)}/${row.offset}`;

function byPartition<T extends PartitionPlace>(items: readonly T[]): Map<PartitionPlace, T[]> {
  const found = new Map<string, { place: PartitionPlace; items: T[] }>();
  for (const item of items) {
    const key = partitionKey(item);
    const entry = found.get(key) ?? { place: { incarnation: item.incarnation, partition: item.partition }, items: [] };
    entry.items.push(item);
    found.set(key, entry);
  }
  return new Map([...found.values()].map(({ place, items: own }) => [place, own]));
}

/** Each event once. */
function unique(rows: readonly EventRow[]): EventRow[] {
  const seen = new Map<string, EventRow>();
  for (const row of rows) if (!seen.has(`${placeKey(row)}/${row.idx}`)) seen.set(`${placeKey(row)}/${row.idx}`, row);
  return [...seen.values()];
}

/** Of records that came several times, the one that came first. */
function firstOfEach(batches: readonly BatchRow[]): BatchRow[] {
  const seen = new Map<string, BatchRow>();
  for (const batch of batches) {
    const hash = batch.header_hash.toString('hex');
    if (!seen.has(hash)) seen.set(hash, batch);
  }
  return [...seen.values()];
}
