/** What work is paced by. */
export interface Pace {
  nowMs(): number;
  after(ms: number, run: () => void): unknown;
  /** Nobody waits for the frames of a page that is not seen, and its timers are slow. */
  isSeen(): boolean;
}

export interface LittleAtOnce<T> {
  /** Works on it now, or after what was given before. */
  give(item: T): void;
  /** Works on all that waits. */
  finish(): void;
}

const frameMs = 16;
/** Of each frame; the rest is for drawing. A single item may take longer. */
const mostMs = 6;

/** Works on items in their order, a little in each frame's time: many that come at once do not hold up what is to be drawn. */
export function littleAtOnce<T>(work: (item: T) => void, pace: Pace): LittleAtOnce<T> {
  let waiting: T[] = [];
  let isWaiting = false;
  let sinceMs = Number.NEGATIVE_INFINITY;
  let spentMs = 0;

  const may = (): boolean => {
    const nowMs = pace.nowMs();
    if (nowMs - sinceMs >= frameMs) {
      sinceMs = nowMs;
      spentMs = 0;
    }
    return spentMs < mostMs || !pace.isSeen();
  };
  const workOn = (item: T): void => {
    const beganMs = pace.nowMs();
    try {
      work(item);
    } finally {
      spentMs += pace.nowMs() - beganMs;
    }
  };
  const wait = (): void => {
    if (isWaiting) return;
    isWaiting = true;
    pace.after(frameMs, () => {
      isWaiting = false;
      while (waiting.length > 0 && may()) workOn(waiting.shift()!);
      if (waiting.length > 0) wait();
    });
  };

  return {
    give(item) {
      if (waiting.length === 0 && may()) return workOn(item);
      waiting.push(item);
      wait();
    },
    finish() {
      const rest = waiting;
      waiting = [];
      for (const item of rest) workOn(item);
    },
  };
}
