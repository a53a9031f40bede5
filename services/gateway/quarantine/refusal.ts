import type { Judged } from '../../core/judge/index.js';
import type { Header, Reason } from '../../core/wire/index.js';
import { advice } from './advice.js';
import { outcomeOf, type SetAside } from './set-aside.js';

/** Why a record can be neither released nor, for the first four, discarded. They stay. */
export const refusalCodes = [
  'not_found',
  'accepted',
  'discarded',
  'refused_again',
  'under_way',
  'erasure_under_way',
  'marker',
  'would_be_refused',
  'not_known',
] as const;

export interface Refusal {
  code: (typeof refusalCodes)[number];
  /** The judge's, where it would refuse the record. */
  reason?: Reason;
  detail: string;
  /** What to do. */
  cure: string;
}

/** So long a release that nothing has come of is taken for one that is under way; then for one that was cut short. */
const underWayMs = 30_000;

/** What stands against deciding about a record because of what was decided or happened before. Pure. */
export function refusalByState(record: SetAside, nowMs: number): Refusal | undefined {
  const outcome = outcomeOf(record);
  const at = outcome?.record?.offset;
  const { decision, partition } = record;
  if (record.state === 'discarded') {
    const detail = `it was discarded at ${new Date(decision!.atMs).toISOString()}: ${decision!.reason}`;
    return { code: 'discarded', detail, cure: 'That is final. Have the producer send the events again.' };
  }
  if (record.state === 'released' && outcome?.kind === 'accepted') {
    const detail = `what was refused has been accepted at partition ${partition}, offset ${at}`;
    return { code: 'accepted', detail, cure: 'There is nothing left to do.' };
  }
  if (record.state === 'released') {
    const detail = `it was published again at partition ${partition}, offset ${at}, and set aside there again`;
    return {
      code: 'refused_again',
      detail,
      cure: `Decide about the record at offset ${at}, which stands in its place.`,
    };
  }
  if (outcome?.kind === 'under_way') {
    const { publishedOffset, atMs } = decision!;
    if (publishedOffset === undefined && nowMs - atMs > underWayMs) return undefined;
    const where = publishedOffset === undefined ? '' : ` to offset ${publishedOffset}`;
    const detail = `it was published${where} at ${new Date(atMs).toISOString()} and is not stored yet`;
    return { code: 'under_way', detail, cure: 'Wait until the consumer has stored it; see that it runs.' };
  }
  return undefined;
}

/** What the judge would have against it, as of now. Pure. */
export function refusalByJudge(
  record: Pick<SetAside, 'disposition' | 'reason' | 'refused' | 'later'>,
  { header, judged }: { header: Header | undefined; judged: Judged | undefined },
): Refusal | undefined {
  if (header?.kind === 'registry' || !judged) {
    const detail = 'it is a marker of the registry, which the gateway writes by itself';
    return { code: 'marker', detail, cure: 'Discard it once you know who wrote it.' };
  }
  // Whether its place in the lane is taken is not to be seen from the record alone, and what is taken stays so.
  if (record.disposition === 'quarantined' && record.reason === 'equivocation') {
    return refused('equivocation', 'its place in the producer’s history was given to other events');
  }
  if (judged.reason !== undefined) return refused(judged.reason, judged.detail);
  const [first] = judged.faults;
  if (record.disposition === 'quarantined') {
    return first && judged.accepted.length === 0 ? refused(first.reason, `every event: ${first.detail}`) : undefined;
  }
  const before = new Set(record.later.flatMap(({ accepted }) => accepted));
  const still = judged.faults.find(({ index }) => record.refused.some((one) => one.index === index));
  const helps = record.refused.some(({ index }) => !before.has(index) && judged.accepted.includes(index));
  return helps || !still ? undefined : refused(still.reason, `event ${still.index}: ${still.detail}`);
}

const refused = (reason: Reason, detail: string): Refusal => ({
  code: 'would_be_refused',
  reason,
  detail: `it would be refused again, as ${reason}: ${detail}`,
  cure: advice[reason].cure,
});
