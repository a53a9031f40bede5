/** Heartbeats while a batch is worked on, so that Kafka keeps the member however long ClickHouse takes. */
export interface Heartbeats {
  /** Throws what Kafka answered to a heartbeat, where that was an error: the group rebalances, or the member was put out. */
  check(): void;
  /** What `work` gives, or that error as soon as there is one: for waits that may have no end. */
  during<T>(work: Promise<T>): Promise<T>;
  /** Ends them as if Kafka had answered so. */
  fail(error: unknown): void;
  stop(): void;
}

/** `heartbeat` is kafkajs' own, which sends one only when its interval has passed. */
export function startHeartbeats({
  heartbeat,
  everyMs,
}: {
  heartbeat: () => Promise<void>;
  everyMs: number;
}): Heartbeats {
  let failure: { error: unknown } | undefined;
  let reject: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, no) => {
    reject = no;
  });
  failed.catch(() => {});
  const fail = (error: unknown): void => {
    failure ??= { error };
    reject(error);
  };
  const timer = setInterval(() => void heartbeat().catch(fail), everyMs);
  return {
    check() {
      if (failure) throw failure.error;
    },
    during: (work) => Promise.race([work, failed]),
    fail,
    stop: () => clearInterval(timer),
  };
}
