import type { StandingList } from '../../core/erasure/index.js';
import { messageOf } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';
import { sha256 } from '../../core/seal/index.js';
import type { Producer } from '../../producer/index.js';
import { Problem } from '../errors.js';
import type { Presence } from '../http/presence.js';
import type { LoneJudge } from '../ingest/lone-judge.js';
import { leastOf, obeyingBytes, openContents } from './contents.js';
import { type Decisions, versionOf } from './decisions.js';
import { type Refusal, refusalByJudge, refusalByState } from './refusal.js';
import type { Place, SetAside } from './set-aside.js';
import type { QuarantineTable } from './table.js';

/** Which record somebody means; the topic's present incarnation where none is given. */
export interface Asked {
  partition: number;
  offset: number;
  incarnation?: string | undefined;
}

export type Done =
  | { place: Place; record: SetAside; publishedOffset: number | undefined; refusal?: undefined }
  | { place: Asked; record?: undefined; publishedOffset?: undefined; refusal: Refusal };

export interface Releasing {
  /** The record that is meant. */
  find(asked: readonly Asked[]): Promise<(SetAside | undefined)[]>;
  /** Why it cannot be released as of now; undefined where it can. */
  refusal(record: SetAside): Promise<Refusal | undefined>;
  /**
   * Publishes each that can be, in the order of their offsets, and says of the others why not. Rejects where nothing was published because a
   * part is away.
   */
  release(asked: readonly Asked[], by: string): Promise<Done[]>;
  discard(asked: readonly Asked[], by: string, reason: string): Promise<Done[]>;
}

export function createReleasing({
  table,
  decisions,
  judge,
  standing,
  erasuresUnderWay,
  producer,
  presence,
  incarnation,
  log,
  now = Date.now,
}: {
  table: QuarantineTable;
  decisions: Decisions;
  /** With the standing list as its erasures. */
  judge: LoneJudge;
  standing: StandingList;
  erasuresUnderWay: () => Promise<boolean>;
  producer: Pick<Producer, 'republish'>;
  presence: Presence;
  /** Of the events topic, hex. */
  incarnation: () => string;
  log: Logger;
  now?: () => number;
}): Releasing {
  const find: Releasing['find'] = async (asked) => {
    const rows = await table.at(asked);
    return asked.map(({ partition, offset, incarnation: life }) => {
      const here = rows.filter((row) => row.partition === partition && row.offset === offset);
      // Newest first: of an earlier incarnation only where the present one has none.
      return (
        here.find((row) => row.incarnation === (life ?? incarnation())) ?? (life === undefined ? here[0] : undefined)
      );
    });
  };

  const bytesOf = async (record: SetAside): Promise<Buffer | undefined> => {
    const value = leastOf(await table.values(record));
    return value && obeyingBytes(value, standing);
  };

  /** The bytes to publish, or why not. */
  const judged = async (record: SetAside): Promise<{ value: Buffer } | { refusal: Refusal }> => {
    const byState = refusalByState(record, now());
    if (byState) return { refusal: byState };
    if (await erasuresUnderWay()) return { refusal: underErasure };
    await standing.refresh();
    const value = await bytesOf(record);
    if (!value) return { refusal: notFound };
    const refusal = refusalByJudge(record, {
      header: openContents(value).header,
      judged: judge(value, record.partition),
    });
    return refusal ? { refusal } : { value };
  };

  const releaseOne = async (record: SetAside, by: string): Promise<Done> => {
    const found = await judged(record);
    if ('refusal' in found) return { place: record, refusal: found.refusal };
    const atMs = now();
    const decision = {
      place: placeOf(record),
      kind: 'released' as const,
      by,
      atMs,
      reason: '',
      publishedHash: sha256(found.value).toString('hex'),
      publishedOffset: undefined,
    };
    // First said, then done: what was published without a word of who did it could not be told from a producer's own resend.
    await decisions.put([{ ...decision, version: versionOf(atMs) }]);
    const { offset } = await presence.publishing(producer.republish(found.value));
    await decisions
      .put([{ ...decision, publishedOffset: offset, version: versionOf(atMs) + 1 }])
      // It is found by its bytes all the same.
      .catch((error) => log.warn({ error: messageOf(error), offset }, 'where a release was published was not noted'));
    return { place: placeOf(record), record, publishedOffset: offset };
  };

  return {
    find,
    async refusal(record) {
      const found = await judged(record);
      return 'refusal' in found ? found.refusal : undefined;
    },
    async release(asked, by) {
      presence.require('kafka');
      const records = await find(asked);
      const done: Done[] = asked.flatMap((place, at) => (records[at] ? [] : [{ place, refusal: notFound }]));
      const inOrder = records
        .filter((record) => record !== undefined)
        .sort((a, b) => a.appendTimeMs - b.appendTimeMs || a.partition - b.partition || a.offset - b.offset);
      let published = 0;
      for (const record of inOrder) {
        try {
          const one = await releaseOne(record, by);
          if (!one.refusal) published += 1;
          done.push(one);
        } catch (error) {
          if (published === 0 || !(error instanceof Problem)) throw error;
          done.push({ place: record, refusal: { code: 'not_known', detail: error.message, cure: lookAgain } });
        }
      }
      return done;
    },
    async discard(asked, by, reason) {
      const records = await find(asked);
      const atMs = now();
      const done = asked.map((place, at): Done => {
        const record = records[at];
        if (!record) return { place, refusal: notFound };
        const refusal = refusalByState(record, atMs);
        return refusal ? { place: record, refusal } : { place: placeOf(record), record, publishedOffset: undefined };
      });
      const decided = done.flatMap(({ record, place }) => (record ? [place as Place] : []));
      if (decided.length > 0) {
        const decision = {
          kind: 'discarded' as const,
          by,
          atMs,
          reason,
          publishedHash: '',
          publishedOffset: undefined,
        };
        await decisions.put(decided.map((place) => ({ ...decision, place, version: versionOf(atMs) })));
      }
      return done;
    },
  };
}

const placeOf = ({ incarnation, partition, offset }: Place): Place => ({ incarnation, partition, offset });

const lookAgain = 'Look at the record in a moment: what was published shows there. Releasing it again doubles nothing.';
const notFound: Refusal = {
  code: 'not_found',
  detail: 'nothing was set aside there',
  cure: 'Take partition and offset from the list.',
};
const underErasure: Refusal = {
  code: 'erasure_under_way',
  detail: 'data about a person is being erased, and what is published meanwhile might escape it',
  cure: 'Release it once the erasure is done.',
};
