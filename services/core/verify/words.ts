import type { Bundle } from './bundle.js';
import type { LaneHead } from './completeness.js';
import type { FailureCode } from './failures.js';
import type { ShownCheckpoint } from './inclusion.js';
import type { CheckedRecords } from './records.js';
import type { Attested } from './times.js';
import type { BundleVerdict } from './verify-bundle.js';

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** What the checks say when they are verified, and what all of them say together. */
export const inWords = {
  signature({ events, showing, erasedParts }: CheckedRecords): string {
    const erased = erasedParts === 0 ? '' : `; ${counted(erasedParts, 'part')} erased, as a verified erasure says`;
    return `${counted(events, 'event')} in ${counted(showing.length, 'record')} as signed${erased}`;
  },
  inclusion(shown: readonly ShownCheckpoint[]): string {
    const logs = shown.slice(1).map(({ origin, size }) => `${origin} at size ${size}`);
    const witnesses = new Set(shown.flatMap((checkpoint) => checkpoint.witnesses.map(({ name }) => name)));
    const by = witnesses.size === 0 ? 'no witness is trusted' : `cosigned by ${[...witnesses].join(', ')}`;
    return `included in ${logs.join(', ') || 'no log'}; ${by}`;
  },
  completeness(heads: readonly LaneHead[], { logs }: Bundle): string {
    const ranges = logs.flatMap(({ partition, range }) =>
      range ? [`entries ${range[0]} to ${range[1] - 1} of partition ${partition} are all shown`] : [],
    );
    const lanes = heads.slice(0, 3).map(({ producerId, lane, sequences, signedBy, at }) => {
      const which = sequences ? `sequences ${sequences[0]} to ${sequences[1]}` : 'no sequences';
      return `${producerId} lane ${lane}: ${which}, signed up to there by ${signedBy} of ${at}`;
    });
    const more = heads.length > 3 ? [`${heads.length - 3} more lanes`] : [];
    return ['nothing is missing', ...ranges, ...lanes, ...more].join('; ');
  },
  time: (attested: readonly Attested[]): string =>
    attested.map(({ at, authority }) => `there no later than ${at}, says ${authority}`).join('; '),
  whole({
    verified,
    tampered,
    failed,
    checks,
    sources,
  }: {
    verified: boolean;
    tampered: boolean;
    failed: FailureCode | null;
    checks: BundleVerdict['checks'];
    sources: BundleVerdict['trust'];
  }): string {
    if (verified) {
      const own = sources.deployment === 'first_use' || sources.log === 'first_use';
      const { time, signature } = checks;
      const timed = time.verified ? ' and timestamped' : '';
      const said = `${counted(signature.events, 'event')}: signed, in the log, complete${timed}`;
      return own ? `${said} — by keys that the bundle itself names: compare them with what you know.` : `${said}.`;
    }
    const failing = Object.values(checks).find((check) => check.failed === failed);
    const detail = failing?.message ?? 'nothing could be judged';
    return tampered ? `Tampering found (${failed}): ${detail}.` : `Not proven (${failed}): ${detail}.`;
  },
};
