import type { EventInput } from '../../core/event/index.js';
import type { Simulation } from './simulation.js';

const binMs = 300_000;
/** Events of an activity, on average. */
const eventsPerActivity = 3;

/** About `count` events between two times, in their order, more of them when people are at work. */
export function* history({
  simulation,
  fromMs,
  toMs,
  count,
}: {
  simulation: Simulation;
  fromMs: number;
  toMs: number;
  count: number;
}): Generator<EventInput> {
  const bins: { startMs: number; share: number }[] = [];
  for (let startMs = fromMs; startMs < toMs; startMs += binMs) {
    bins.push({ startMs, share: simulation.activityAt(startMs) });
  }
  const whole = bins.reduce((sum, { share }) => sum + share, 0);
  let owed = 0;
  for (const { startMs, share } of bins) {
    owed += ((count / eventsPerActivity) * share) / whole;
    const starts = Math.floor(owed);
    owed -= starts;
    for (let nth = 0; nth < starts; nth += 1) {
      const atMs = Math.min(toMs - 1, Math.floor(startMs + ((nth + 0.5) * binMs) / starts));
      yield* simulation.due(atMs);
      simulation.begin(atMs);
    }
  }
  yield* simulation.due(toMs);
}
