import { SealstreamError } from '../../core/errors.js';
import type { TopicRecord } from '../../core/judge/index.js';
import { acceptedEvents, type Folder } from '../../core/reading/index.js';
import type { ArrivedEvent, Judging } from './judging.js';

/** A partition's records on their way to the rules: folded in order, silent until where this group's work goes on. */
export interface PartitionWork {
  /** The next record to fold. */
  readonly next: number;
  /** The first whose work is not committed. */
  readonly done: number;
  /** Append time of the newest record whose work is committed, µs; 0 before there is one. */
  readonly doneAppendUs: number;
  /** Resolves when everything that the records led to is stored, and committed. Rejects where it must be begun anew. */
  take(
    records: readonly TopicRecord[],
    turn: { commit(offset: number): Promise<void>; running(): boolean },
  ): Promise<void>;
}

/** Events that are judged at once. Few, so that they are told soon; many, so that Redis is asked seldom. */
const eventsAtOnce = 1_000;

export function createPartitionWork({
  topic,
  partition,
  folder,
  start,
  cursor,
  judging,
}: {
  topic: string;
  partition: number;
  folder: Folder;
  /** Where folding begins, at or below the cursor. */
  start: number;
  cursor: number;
  judging: Pick<Judging, 'events' | 'isCurrent' | 'setProgress'>;
}): PartitionWork {
  let next = start;
  let done = cursor;
  let appendUs = 0;
  let doneAppendUs = 0;

  const finish = async (events: readonly ArrivedEvent[], commit: (offset: number) => Promise<void>): Promise<void> => {
    for (let ready = await judging.events(events); !(await judging.isCurrent(ready)); )
      ready = await judging.events(events);
    await commit(next);
    done = next;
    doneAppendUs = appendUs;
    await judging.setProgress(new Map([[partition, { next, appendUs }]]));
  };

  return {
    get next() {
      return next;
    },
    get done() {
      return done;
    },
    get doneAppendUs() {
      return doneAppendUs;
    },
    async take(records, { commit, running }) {
      let events: ArrivedEvent[] = [];
      for (const record of records) {
        if (record.offset < next) continue;
        if (!running()) return;
        if (record.offset > next) {
          throw new SealstreamError('offset_gap', `offsets ${next}–${record.offset - 1} are gone from Kafka`, {
            topic,
            partition,
            offset: next,
          });
        }
        // A copy, because a record's value is a window on all that Kafka sent with it.
        const own = { ...record, value: Buffer.from(record.value) };
        const judged = await folder.fold(own);
        next = record.offset + 1;
        appendUs = Math.max(appendUs, record.appendTimeMs * 1_000);
        if (record.offset < cursor) {
          doneAppendUs = appendUs;
          continue;
        }
        for (const { event } of acceptedEvents(judged))
          events.push({ event, appendTimeUs: record.appendTimeMs * 1_000 });
        if (events.length < eventsAtOnce) continue;
        await finish(events, commit);
        events = [];
      }
      if (next > done) await finish(events, commit);
    },
  };
}
