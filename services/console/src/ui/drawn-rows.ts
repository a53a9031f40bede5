/**
 * What each slot shows. Where many rows change at once, some of them are drawn with each frame, so that none takes long; a slot whose
 * turn has not come keeps what it had, or shows nothing yet.
 */
export function createDrawnRows<R>(): (
  wanted: readonly { slot: number; row: R }[],
  /** Rows that may change now. */
  most: number,
) => { shown: (R | undefined)[]; isWhole: boolean } {
  let drawn = new Map<number, R>();
  return (wanted, most) => {
    const before = drawn;
    drawn = new Map();
    let left = most;
    let isWhole = true;
    const shown = wanted.map(({ slot, row }) => {
      const old = before.get(slot);
      const now = old === row || left-- > 0 ? row : old;
      if (now !== row) isWhole = false;
      if (now !== undefined) drawn.set(slot, now);
      return now;
    });
    return { shown, isWhole };
  };
}
