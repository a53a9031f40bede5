import type { Pace } from './little-at-once.js';

export const browserPace: Pace = {
  nowMs: () => performance.now(),
  after: (ms, run) => setTimeout(run, ms),
  isSeen: () => !document.hidden,
};
