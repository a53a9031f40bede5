/** A promise that nobody has to look at. */
export function createBeginning() {
  let settle: { resolve: () => void; reject: (error: unknown) => void };
  let isWaitedFor = false;
  let isOver = false;
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  promise.catch(() => {});
  return {
    promise() {
      isWaitedFor = !isOver;
      return promise;
    },
    /** Somebody waits for it still, and hears of a failure. */
    get isWaitedFor() {
      return isWaitedFor && !isOver;
    },
    done() {
      isOver = true;
      settle.resolve();
    },
    failed(error: unknown) {
      isOver = true;
      settle.reject(error);
    },
  };
}
