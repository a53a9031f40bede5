import { messageOf } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';
import { formatUuid, type WireEvent } from '../../core/wire/index.js';
import { type Announcement, WindowsLost } from '../windows/index.js';
import { createFedHits, type FedHits, type FindingChange, runCascade } from './cascade.js';
import type { EngineMetrics } from './engine-metrics.js';
import type { KeyedEntry } from './incoming.js';
import type { RuleDirectory } from './rule-directory.js';
import type { ReadyWindows, WindowsKeeper } from './windows-keeper.js';

/** An accepted event on its way to the rules. */
export interface ArrivedEvent {
  event: WireEvent;
  appendTimeUs: number;
}

/** Judges events and ticks, any number at a time: engines and calls meet in Redis alone. Everything that was found is stored when a call resolves; when it rejects, it may be made again. */
export interface Judging {
  /** Gives the windows that it was done with. */
  events(events: readonly ArrivedEvent[]): Promise<ReadyWindows>;
  /** Whether there is no window by now that these lack: otherwise what was judged with them is to be judged again. */
  isCurrent(ready: ReadyWindows): Promise<boolean>;
  /** What this engine has done, and until when nothing else can come. */
  setProgress(progress: ReadonlyMap<number, { next: number; appendUs: number }>): Promise<void>;
  /** Judges what waits for the watermark, which holds afterwards. */
  tick(watermarkUs: number): Promise<void>;
  /** Of the present generation. */
  windows(): Promise<ReadyWindows>;
}

export function createJudging({
  keeper,
  directory,
  report,
  maxMatches,
  metrics,
  log,
}: {
  keeper: WindowsKeeper;
  directory: RuleDirectory;
  report: (changes: readonly FindingChange[]) => Promise<void>;
  /** Of one group. */
  maxMatches: number;
  metrics: EngineMetrics;
  log: Logger;
}): Judging {
  /** Of one generation and epoch: a window that is new has been fed nothing. */
  let fed: { of: string; hits: FedHits } | undefined;
  /** What this engine knows to be stored, of one generation. */
  let behind: { generation: string; next: Map<number, number> } | undefined;
  /** What is perhaps stored and was not settled. A generation that is new was perhaps built before it was stored. */
  const announced = new Map<string, Announcement>();
  let announcedIn = '';

  /** Does it on whole windows: again where Redis loses them on the way. */
  const onWindows = async <T>(work: (ready: ReadyWindows) => Promise<T>): Promise<T> => {
    for (;;) {
      const ready = await keeper.ready(directory.active);
      if (behind?.generation !== ready.generation) behind = { generation: ready.generation, next: new Map() };
      const of = `${ready.generation} ${ready.epoch}`;
      if (fed?.of !== of) fed = { of, hits: createFedHits() };
      try {
        if (announcedIn !== ready.generation && announced.size > 0) await ready.store.announce([...announced.values()]);
        announcedIn = ready.generation;
        return await work(ready);
      } catch (error) {
        if (!(error instanceof WindowsLost)) throw error;
        metrics.failures.inc({ what: 'windows_lost' });
        log.warn({ error: messageOf(error) }, 'the windows are built anew before anything is judged');
        await keeper.lost(ready);
      }
    }
  };

  const cascade = (ready: ReadyWindows, entries: readonly KeyedEntry[], tickUs?: number): Promise<void> =>
    runCascade(
      {
        rules: directory.active,
        store: ready.store,
        quietToUs: ready.quietToUs,
        report,
        announced,
        fed: fed!.hits,
        maxMatches,
        metrics,
      },
      { entries, behind: behind!.next, ...(tickUs === undefined ? {} : { tickUs }) },
    );

  const entriesOf = (events: readonly ArrivedEvent[]): KeyedEntry[] => {
    const began = performance.now();
    const found: KeyedEntry[] = [];
    const rules = directory.active;
    for (const { event, appendTimeUs } of events) {
      const { entries, matches } = rules.enter(event, appendTimeUs, (why) => metrics.left.inc({ why }));
      if (matches > 0) metrics.matches.inc(matches);
      if (entries.length === 0) continue;
      const at = { timeUs: event.body.occurred_at, eventId: formatUuid(event.body.id) };
      for (const one of entries) found.push({ ...one, ...at });
    }
    metrics.matchSeconds.inc((performance.now() - began) / 1_000);
    metrics.tried.set(rules.tried);
    return found;
  };

  return {
    async events(events) {
      const stop = metrics.judgeSeconds.startTimer();
      const done = await onWindows(async (ready) => {
        await cascade(ready, entriesOf(events));
        return ready;
      });
      metrics.events.inc(events.length);
      stop();
      return done;
    },
    async isCurrent(ready) {
      if (await keeper.isCurrent(ready)) return true;
      await directory.refresh();
      return false;
    },
    setProgress: (progress) =>
      onWindows(async ({ store, generation }) => {
        await store.setProgress(progress);
        if (behind?.generation === generation)
          for (const [partition, { next }] of progress) behind.next.set(partition, next);
      }),
    tick: (watermarkUs) =>
      onWindows(async (ready) => {
        await cascade(ready, [], watermarkUs);
        await ready.store.setWatermark(watermarkUs);
      }),
    windows: () => onWindows(async (ready) => ready),
  };
}
