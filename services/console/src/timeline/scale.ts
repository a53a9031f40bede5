/** A share of the whole, and no shorter than anybody would notice. */
const [pauseShare, leastPauseMs] = [0.05, 1_000];

/** Whether so long a gap is worth saying, within a workflow of that length. */
export const isPause = (gapMs: number, wholeMs: number): boolean =>
  gapMs >= leastPauseMs && gapMs >= pauseShare * wholeMs;

const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500];
const units = [1, 1_000, 60_000, 3_600_000, 86_400_000];
/** Round durations: 1, 2, 5 … of milliseconds, seconds; of minutes and hours those that clocks have. */
const round: readonly number[] = [
  ...steps.map((step) => step * units[0]!),
  ...[1, 2, 5, 10, 15, 30].map((step) => step * units[1]!),
  ...[1, 2, 5, 10, 15, 30].map((step) => step * units[2]!),
  ...[1, 2, 3, 6, 12].map((step) => step * units[3]!),
  ...[1, 2, 7, 14, 30, 90, 365, 3_650].map((step) => step * units[4]!),
];

/** Where an axis of that length says the time: at round durations, at most `most` of them, the beginning among them. */
export function ticksOf(wholeMs: number, most = 8): number[] {
  if (!(wholeMs > 0)) return [0];
  const step = round.find((one) => wholeMs / one <= most - 1) ?? wholeMs;
  return Array.from({ length: Math.floor(wholeMs / step) + 1 }, (_, at) => at * step);
}

/** Per cent of the axis. */
export const placeOf = (offsetMs: number, wholeMs: number): number =>
  wholeMs > 0 ? Math.max(0, Math.min(100, (100 * offsetMs) / wholeMs)) : 0;
