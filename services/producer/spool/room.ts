import { overflow } from '../errors.js';

/** The bytes that a spool may take on disk: what its files hold and what is reserved for records about to be signed. */
export interface Room {
  /** Resolves once the bytes are reserved, in the order asked. Rejects when they can never fit, or on stop. */
  reserve(bytes: number): Promise<void>;
  /** Throws `producer_overflow` when `bytes` more, beside `waiting` not yet reserved, have no room. */
  check(bytes: number, waiting: number): void;
  /** A reservation becomes `written` bytes on disk. */
  spend(reserved: number, written: number): void;
  /** Bytes on disk that are there at the start. */
  add(bytes: number): void;
  free(bytes: number): void;
  /** Those who wait are told no. */
  stop(error: Error): void;
  /** On disk and reserved. */
  readonly used: number;
}

export function createRoom({
  maxBytes,
  onChange = () => {},
}: {
  maxBytes: number;
  onChange?: (used: number) => void;
}): Room {
  let used = 0;
  let waiters: { bytes: number; resolve: () => void; reject: (error: Error) => void }[] = [];
  const limit = `spool.maxBytes=${maxBytes}`;

  const change = (bytes: number): void => {
    used += bytes;
    while (waiters[0] && used + waiters[0].bytes <= maxBytes) {
      const { bytes: wanted, resolve } = waiters.shift()!;
      used += wanted;
      resolve();
    }
    onChange(used);
  };

  return {
    reserve(bytes) {
      if (bytes > maxBytes) return Promise.reject(overflow('the spool', `${bytes} bytes`, limit));
      return new Promise((resolve, reject) => {
        waiters.push({ bytes, resolve, reject });
        change(0);
      });
    },
    check(bytes, waiting) {
      const wanted = used + waiting + bytes;
      if (wanted > maxBytes) throw overflow('the spool', `${wanted} bytes`, limit);
    },
    spend: (reserved, written) => change(written - reserved),
    add: change,
    free: (bytes) => change(-bytes),
    stop(error) {
      for (const { reject } of waiters) reject(error);
      waiters = [];
    },
    get used() {
      return used;
    },
  };
}
