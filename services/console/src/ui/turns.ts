/** Lets so much happen with one frame, and the rest with those that follow. */
export interface Turns {
  /** Whether `who` may go now. If not, it is told when its turn has come, and asks again. */
  take(who: object, told: () => void): boolean;
  leave(who: object): void;
}

export function createTurns(mostAFrame: () => number, withFrame: (run: () => void) => void): Turns {
  const waiting = new Map<object, () => void>();
  let taken = 0;
  let isCounting = false;
  const count = (): void => {
    if (isCounting) return;
    isCounting = true;
    withFrame(() => {
      isCounting = false;
      taken = 0;
      for (const [who, told] of [...waiting].slice(0, mostAFrame())) {
        waiting.delete(who);
        told();
      }
    });
  };
  return {
    take(who, told) {
      count();
      const may = taken < mostAFrame();
      if (may) {
        taken++;
        waiting.delete(who);
      } else waiting.set(who, told);
      return may;
    },
    leave: (who) => void waiting.delete(who),
  };
}
