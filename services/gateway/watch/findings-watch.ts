import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { messageOf } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';
import type { Metrics } from '../../core/metrics.js';
import { reportKey, reportOf } from './finding-report.js';
import type { FindingsTable, FoundRecord } from './findings-table.js';
import { createLease } from './lease.js';
import type { PublishReport } from './log-reports.js';

/** Times in milliseconds. */
export interface FindingsWatchSettings {
  everyMs: number;
  /** How long a gateway that went away keeps the others from it. */
  leaseMs: number;
  /** Findings in one go. */
  atOnce: number;
  /** How far is written down at least so often, when nothing was found. */
  saveEveryMs: number;
}

export const defaultFindingsWatch: FindingsWatchSettings = {
  everyMs: 2_000,
  leaseMs: 15_000,
  atOnce: 200,
  saveEveryMs: 60_000,
};

/**
 * Follows what the judge finds, as the consumer stores it, and publishes it in the system scope, where the built-in rules of alerts see
 * it. One gateway at a time, by a lease in Redis; should two hold it, or one be killed anywhere, each report is still there once.
 */
export function startFindingsWatch({
  findings,
  publish,
  redis,
  audience,
  incarnation,
  partitions,
  self,
  settings = defaultFindingsWatch,
  metrics,
  log,
  now = Date.now,
}: {
  findings: FindingsTable;
  publish: PublishReport;
  redis: Redis;
  audience: string;
  /** Of the events topic, hex. */
  incarnation: string;
  /** Of the events topic. */
  partitions: () => number;
  /** The producer that publishes the reports. */
  self: string;
  settings?: FindingsWatchSettings;
  metrics: Metrics;
  log: Logger;
  now?: () => number;
}): { stop(): Promise<void> } {
  const lease = createLease({ redis, key: `sealstream:{${audience}}:findings-watch`, holder: randomUUID() });
  const reports = metrics.counter('log_reports_total', 'Reports of findings in the log that were published', [
    'action',
  ]);
  const failures = metrics.counter('log_report_failures_total', 'Times that findings could not be read or reported');
  const stopping = new AbortController();
  /** While the lease is ours. */
  let known: { positions: Map<number, number>; saved: ReadonlyMap<number, number>; savedAtMs: number } | undefined;

  const taken = async () => {
    if (!known) {
      const saved = await findings.load();
      known = { positions: new Map(saved), saved, savedAtMs: now() };
    }
    for (let partition = 0; partition < partitions(); partition += 1) {
      if (!known.positions.has(partition)) known.positions.set(partition, 0);
    }
    return known;
  };

  const save = async (): Promise<void> => {
    if (!known) return;
    const { positions, saved } = known;
    const moved = [...positions].filter(([partition, next]) => next > (saved.get(partition) ?? 0));
    if (moved.length > 0) await findings.save(new Map(moved));
    known.saved = new Map(positions);
    known.savedAtMs = now();
  };

  const reportAll = async (record: FoundRecord): Promise<void> => {
    const { partition, offset, producerId: producer } = record;
    const reached = await findings.reached(record);
    for (const finding of record.findings) {
      const report = reportOf(record, finding, reached);
      if (!(await publish(report, reportKey(record, finding, { incarnation, self })))) continue;
      reports.inc({ action: report.action });
      log.warn({ finding: finding.code, producer, partition, offset }, 'a finding in the log was reported');
    }
  };

  /** True where there may be more to read at once. */
  const look = async (): Promise<boolean> => {
    if (!(await lease.hold(settings.leaseMs))) {
      known = undefined;
      return false;
    }
    const { positions, savedAtMs } = await taken();
    const newest = await findings.newest(positions);
    const records = await findings.read(positions, newest, settings.atOnce);
    for (const record of records) {
      if (stopping.signal.aborted) return false;
      await reportAll(record);
      positions.set(record.partition, record.offset + 1);
    }
    const more = records.length >= settings.atOnce;
    // They come by partition: those below the last one are done, too.
    for (const [partition, offset] of newest) {
      if (!more || partition < records.at(-1)!.partition) positions.set(partition, offset + 1);
    }
    if (records.length > 0 || now() - savedAtMs >= settings.saveEveryMs) await save();
    return more;
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const more = await look().catch((error) => {
        if (!stopping.signal.aborted) {
          failures.inc();
          log.debug({ error: messageOf(error) }, 'findings cannot be reported now');
        }
        return false;
      });
      if (!more) await sleep(settings.everyMs, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
    }
    await save().catch((error) => log.debug({ error: messageOf(error) }, 'how far findings were watched is not saved'));
    await lease.release();
  };
  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
