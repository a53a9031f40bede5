/** Lets a loop sleep until something happens that it may already have missed while it worked. */
export function createWake(signal: AbortSignal): {
  ring: () => void;
  /** Whether it rang meanwhile, or before. `always`: sleeps the whole time unless aborted. */
  wait: (ms: number, options?: { always?: boolean }) => Promise<boolean>;
} {
  let rung = false;
  let wakeUp: (() => void) | undefined;
  return {
    ring() {
      rung = true;
      wakeUp?.();
    },
    async wait(ms, { always = false } = {}) {
      if (signal.aborted || (rung && !always)) {
        rung = false;
        return true;
      }
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          wakeUp = undefined;
          resolve();
        };
        const timer = setTimeout(done, ms);
        if (!always) wakeUp = done;
        signal.addEventListener('abort', done);
      });
      const heard = rung;
      rung = false;
      return heard;
    },
  };
}
