import { createEvaluator, type Memory } from './evaluate.js';
import { type Entry, type Moment, momentsOf, type WindowMatch } from './match.js';
import { createOffHours } from './off-hours.js';
import { createRunBuilder, type Hit, type Run, type Runs } from './run.js';
import { isEarly, type Window } from './window.js';

/** A rule's window with all that decides its hits and runs. */
export interface JudgedWindow extends Window, Runs {
  /** Hits before it are no findings: the rule was not switched on yet. µs. */
  activeFromUs: number;
}

/**
 * What stands for the moments up to a time that no event can come before any more. `run` is the last one begun until then; memory is for
 * windows that compare with the past.
 */
export interface Settled {
  /** Moments at or before it are settled. µs. */
  toUs: number;
  /** Hits at or before it make no runs: a rebuilt window sees them without what they began with. µs. */
  quietToUs: number;
  run: Run | undefined;
  memory: Memory | undefined;
}

export const nothingSettled: Settled = {
  toUs: -1,
  quietToUs: Number.NEGATIVE_INFINITY,
  run: undefined,
  memory: undefined,
};

export interface GroupJudgement {
  /** Of moments behind what was settled, in order. */
  hits: readonly Hit[];
  /** The settled one and all after it. Only the last can go on, unless something comes in behind `settled`. */
  runs: readonly Run[];
  /** As of `settleToUs`. */
  settled: Settled;
  /** The first moment that cannot be judged yet; undefined where all were. */
  waitingUs: number | undefined;
}

/**
 * Judges the moments of one rule and group. A pure function of the set of matches: of `matches` alone where nothing was settled, and the
 * same as if everything settled were still among them where they hold all later ones and those within reach before.
 * `settleToUs`: nothing at or before it will come any more; hits that more entries could take away are given up to there.
 */
export function judgeGroup(
  window: JudgedWindow,
  {
    settled = nothingSettled,
    matches,
    settleToUs = Number.POSITIVE_INFINITY,
  }: { settled?: Settled; matches: readonly WindowMatch[]; settleToUs?: number },
): GroupJudgement {
  const evaluator = createEvaluator(window, settled.memory);
  const isOff = window.offHours ? createOffHours(window.offHours) : () => true;
  const early = isEarly(window);
  const remembers = window.kind === 'new_value' || window.kind === 'impossible_travel';
  const hits: Hit[] = [];
  const runs = createRunBuilder(window, settled.run);
  let next = settled;
  let waitingUs: number | undefined;

  const settle = (): void => {
    const toUs = Math.max(settled.toUs, settleToUs);
    next = { toUs, quietToUs: settled.quietToUs, run: runs.last(), memory: evaluator.memory() };
  };
  let isSettled = false;
  for (const moment of momentsOf(matches)) {
    const { timeUs } = moment;
    if (timeUs <= settled.toUs) {
      if (!remembers) evaluator.step(moment);
      continue;
    }
    if (timeUs > settleToUs && !isSettled) {
      settle();
      isSettled = true;
    }
    if (timeUs > settleToUs && !early) {
      waitingUs = timeUs;
      break;
    }
    if (!evaluator.step(moment) || !isOff(timeUs)) continue;
    hits.push(hitOf(moment));
    if (timeUs >= window.activeFromUs && timeUs > settled.quietToUs) runs.add(moment, evaluator.seen);
  }
  if (!isSettled) settle();
  return { hits, runs: runs.all(), settled: next, waitingUs };
}

const hitOf = ({ timeUs, eventId, matches }: Moment): Hit => ({
  timeUs,
  eventId,
  feeds: matches.length === 1 ? matches[0]!.feeds : distinctFeeds(matches.flatMap(({ feeds }) => feeds)),
});

/** An event that came in as a match of several rules goes on once. */
const distinctFeeds = (feeds: readonly Entry[]): Entry[] => [
  ...new Map(feeds.map((feed) => [JSON.stringify([feed.rule, feed.input, feed.group]), feed])).values(),
];
