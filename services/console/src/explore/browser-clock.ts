import type { Clock } from './tail.js';

export const browserClock: Clock = {
  nowMs: () => performance.now(),
  after: (ms, run) => setTimeout(run, ms),
  withFrame: (run) => requestAnimationFrame(run),
};
