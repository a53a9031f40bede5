/** Lets one piece of work go on at a time, in the order in which they came. */
export interface OneAtATime {
  /** Resolves once it is the caller's turn, which lasts until `leave`. */
  enter(): Promise<void>;
  leave(): void;
}

export function createOneAtATime(): OneAtATime {
  const waiting: (() => void)[] = [];
  let taken = false;
  return {
    async enter() {
      if (taken) await new Promise<void>((resolve) => waiting.push(resolve));
      taken = true;
    },
    leave() {
      const next = waiting.shift();
      // Still taken: by the next, which goes on in a later microtask.
      if (next) next();
      else taken = false;
    },
  };
}
