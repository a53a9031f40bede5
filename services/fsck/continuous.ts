import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../core/errors.js';
import type { Deployment } from '../core/judge/index.js';
import type { Logger } from '../core/log.js';
import type { Metrics } from '../core/metrics.js';
import type { RegistryReader } from '../core/reading/index.js';
import { checkStored } from './check-stored.js';
import type { Difference, Report } from './difference.js';
import type { NamedErasures } from './erased.js';
import type { LogCheck } from './fsck.js';
import type { StoredPartition, StoredRows, Stretch } from './stored.js';
import { differenceKey, type FoundDifference, type Verified, type VerifiedTable } from './verified-table.js';

export interface ContinuousSettings {
  /** Of the time, how much is spent on checking: 0.1 leaves nine tenths to others. */
  share: number;
  /** Records checked in one go. */
  records: number;
  /** Rest after each piece of checking once more, at least. */
  restMs: number;
  /** A partition is checked once more so long after it was checked to its end, at the soonest. */
  roundMs: number;
  /** How often it is looked whether there is something new. */
  everyMs: number;
  /** Differences kept in mind; beyond it they are counted and logged only. */
  mostDifferences: number;
}

export const defaultContinuous: ContinuousSettings = {
  share: 0.1,
  records: 8_192,
  restMs: 1_000,
  roundMs: 60_000,
  everyMs: 5_000,
  mostDifferences: 10_000,
};

/** A log check that looks at the log as it is now, and how far it is sealed. */
export type OpenLogCheck = (
  report: Report,
) => LogCheck & { sealedTo(of: Pick<Stretch, 'incarnation' | 'partition'>): Promise<number> };

/**
 * Verifies what is stored, for ever: new records as soon as they are sealed, and between them everything once more from the first. Says how far each
 * partition is verified and what is wrong. One process of it is enough; a second one only does the same work again.
 */
export function startContinuous({
  stored,
  table,
  deployment,
  registryReader,
  erasures,
  openLog,
  settings = defaultContinuous,
  onRound = () => {},
  metrics,
  log,
  nowMs = Date.now,
}: {
  stored: StoredRows;
  table: VerifiedTable;
  deployment: Deployment;
  registryReader: RegistryReader;
  erasures: NamedErasures;
  /** Undefined where there is no log to hold against. */
  openLog: OpenLogCheck | undefined;
  settings?: ContinuousSettings;
  /** All partitions were checked from the first to the last record. */
  onRound?: () => void;
  metrics: Metrics;
  log: Logger;
  nowMs?: () => number;
}): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const through = metrics.gauge('verified_through', 'Records below this offset are verified', ['partition']);
  const behind = metrics.gauge('verified_behind_records', 'Stored records that were not checked yet', ['partition']);
  const age = metrics.gauge('verified_round_age_seconds', 'Since everything was checked last', ['partition']);
  const checkedRecords = metrics.counter('verified_records_total', 'Records checked');
  const checkedEvents = metrics.counter('verified_events_total', 'Events checked');
  const wrong = metrics.gauge('verification_differences', 'Differences that are there now', ['kind']);
  const failures = metrics.counter('verification_failures_total', 'Times that something could not be read');

  const known = new Map<string, Verified>();
  const open = new Map<string, FoundDifference>();
  /** When each partition was checked to its end last, and which ones were since all of them were. */
  const endedMs = new Map<string, number>();
  const ended = new Set<string>();
  const keyOf = ({ incarnation, partition }: { incarnation: string; partition: number }): string =>
    `${incarnation}-${partition}`;

  const load = async (): Promise<void> => {
    for (const row of await table.partitions()) known.set(keyOf(row), row);
    for (const one of await table.open(settings.mostDifferences)) open.set(differenceKey(one), one);
  };

  /** What was found of a stretch, against what was known of it. */
  const settle = async (stretch: Stretch, found: readonly Difference[]): Promise<void> => {
    const incarnation = stretch.incarnation.toString('hex');
    const now = nowMs();
    const write: FoundDifference[] = [];
    const seen = new Set(found.map(differenceKey));
    for (const one of found) {
      const key = differenceKey(one);
      if (open.has(key) || open.size >= settings.mostDifferences) continue;
      const difference = { ...one, foundAtMs: now, mendedAtMs: undefined };
      open.set(key, difference);
      write.push(difference);
      log.error({ ...one.place, kind: one.kind, step: one.step, detail: one.detail }, 'what is stored does not verify');
    }
    for (const [key, one] of open) {
      const { place } = one;
      const isHere =
        place.incarnation === incarnation &&
        place.partition === stretch.partition &&
        place.offset >= stretch.from &&
        place.offset < stretch.to;
      if (!isHere || seen.has(key)) continue;
      open.delete(key);
      write.push({ ...one, mendedAtMs: now });
      log.warn({ ...place, kind: one.kind }, 'what did not verify does so now');
    }
    await table.write(write);
    wrong.reset();
    for (const { kind } of open.values()) wrong.inc({ kind });
  };

  const check = async (stretch: Stretch): Promise<void> => {
    const found: Difference[] = [];
    const report: Report = (one) => {
      if (found.length < settings.mostDifferences) found.push(one);
    };
    const logCheck = openLog?.(report);
    await checkStored(stretch, {
      stored,
      deployment,
      registryReader,
      erasures: erasures.has,
      report,
      onRecords: (records) => logCheck?.records(stretch, records),
      onChecked: ({ records, events }) => {
        checkedRecords.inc(records);
        checkedEvents.inc(events);
      },
      signal: stopping.signal,
    });
    await settle(stretch, found);
  };

  /** Below it nothing is wrong. */
  const throughOf = ({ incarnation, partition, head }: Verified): number => {
    let least = head;
    for (const { place } of open.values()) {
      if (place.incarnation === incarnation && place.partition === partition && place.shard === undefined) {
        least = Math.min(least, place.offset);
      }
    }
    return least;
  };

  const note = async (row: Verified): Promise<void> => {
    const next = { ...row, through: throughOf(row), checkedAtMs: nowMs() };
    known.set(keyOf(row), next);
    await table.save([next]);
    through.set({ partition: row.partition }, next.through);
  };

  const limitOf = async ({ incarnation, partition, next }: StoredPartition): Promise<number> => {
    const sealed = await openLog?.(() => {}).sealedTo({ incarnation, partition });
    return sealed === undefined ? next : Math.min(next, sealed);
  };

  /** One stretch: of what is new where there is something, else of the round. Resolves with how long to rest at least, ms. */
  const step = async (partitions: readonly StoredPartition[]): Promise<number> => {
    for (const one of partitions) {
      const { incarnation, partition, first } = one;
      const name = { incarnation: incarnation.toString('hex'), partition };
      const row = known.get(keyOf(name)) ?? newRow(name, first, nowMs());
      const limit = await limitOf(one);
      behind.set({ partition }, Math.max(0, one.next - row.head));
      if (row.head >= limit) continue;
      const to = Math.min(limit, row.head + settings.records);
      await check({ incarnation, partition, from: row.head, to });
      await note({ ...row, head: to });
      return 0;
    }
    const due = partitions
      .map((one) => ({ one, row: known.get(keyOf({ ...one, incarnation: one.incarnation.toString('hex') })) }))
      .filter((pair): pair is { one: StoredPartition; row: Verified } => pair.row !== undefined)
      .filter(({ one, row }) => row.head > one.first)
      // New records are no round: where they come all the time, the old ones are checked once more all the same.
      .filter(
        ({ one, row }) =>
          row.roundNext > one.first ||
          nowMs() - (endedMs.get(keyOf(row)) ?? Number.NEGATIVE_INFINITY) >= settings.roundMs,
      )
      .sort((a, b) => a.row.round - b.row.round || a.row.checkedAtMs - b.row.checkedAtMs)[0];
    if (!due) return settings.everyMs;
    const { one, row } = due;
    const from = Math.max(one.first, row.roundNext);
    const to = Math.min(row.head, from + settings.records);
    await check({ incarnation: one.incarnation, partition: one.partition, from, to });
    const isThrough = to >= row.head;
    await note({ ...row, ...(isThrough ? { round: row.round + 1, roundNext: one.first } : { roundNext: to }) });
    if (isThrough) {
      await walkLog(one);
      endedMs.set(keyOf(row), nowMs());
      ended.add(keyOf(row));
      if (partitions.length === ended.size) {
        ended.clear();
        onRound();
      }
    }
    return settings.restMs;
  };

  /** The log by itself: once a round, as it is read whole. */
  const walkLog = async (one: StoredPartition): Promise<void> => {
    const found: Difference[] = [];
    await openLog?.((difference) => void found.push(difference)).finish([one]);
    const ofShard = found.filter(({ place }) => place.shard !== undefined);
    const now = nowMs();
    const fresh = ofShard.filter((difference) => !open.has(differenceKey(difference)));
    for (const difference of fresh) {
      open.set(differenceKey(difference), { ...difference, foundAtMs: now, mendedAtMs: undefined });
      log.error({ ...difference.place, kind: difference.kind, detail: difference.detail }, 'the log does not verify');
    }
    await table.write(fresh.map((difference) => ({ ...difference, foundAtMs: now, mendedAtMs: undefined })));
  };

  const run = async (): Promise<void> => {
    let isLoaded = false;
    let partitions: StoredPartition[] = [];
    let lookedMs = Number.NEGATIVE_INFINITY;
    while (!stopping.signal.aborted) {
      const began = performance.now();
      let restMs = settings.everyMs;
      try {
        if (!isLoaded) await load();
        isLoaded = true;
        if (performance.now() - lookedMs > settings.everyMs) {
          partitions = await stored.partitions();
          await erasures.refresh();
          lookedMs = performance.now();
          for (const row of known.values()) {
            age.set({ partition: row.partition }, Math.max(0, (nowMs() - row.checkedAtMs) / 1_000));
          }
        }
        restMs = await step(partitions);
      } catch (error) {
        if (stopping.signal.aborted) break;
        failures.inc();
        log.warn({ error: messageOf(error) }, 'what is stored cannot be verified now');
      }
      const spentMs = performance.now() - began;
      await sleep(Math.max(restMs, spentMs * (1 / settings.share - 1)), undefined, {
        signal: stopping.signal,
        ref: false,
      }).catch(() => {});
    }
  };
  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

const newRow = (name: { incarnation: string; partition: number }, first: number, nowMs: number): Verified => ({
  ...name,
  head: first,
  through: first,
  round: 0,
  roundNext: first,
  checkedAtMs: nowMs,
});
