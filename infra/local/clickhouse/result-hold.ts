import { createReadStream } from 'node:fs';
import type { Spool, Spools } from './spool.js';

/** In memory of the process; a longer result that must be held whole goes to a spool. */
const IN_PROCESS_BYTES = 8 * 1024 * 1024;

/** Bytes of a result that wait until it is known how the query ends. */
export interface ResultHold {
  readonly bytes: number;
  append(chunk: Buffer): Promise<void>;
  /** Everything that was appended, once. */
  release(): AsyncIterable<Buffer>;
  discard(): void;
}

export function createResultHold({ spools }: { spools: Spools }): ResultHold {
  let chunks: Buffer[] = [];
  let inProcess = 0;
  let spool: Spool | undefined;

  const discard = (): void => {
    chunks = [];
    inProcess = 0;
    spool?.remove();
    spool = undefined;
  };

  return {
    get bytes() {
      return inProcess + (spool?.bytes ?? 0);
    },
    async append(chunk) {
      if (spool === undefined && inProcess + chunk.length <= IN_PROCESS_BYTES) {
        chunks.push(chunk);
        inProcess += chunk.length;
        return;
      }
      spool ??= spools.open();
      await spool.append(chunk);
    },
    async *release() {
      try {
        yield* chunks;
        if (spool) yield* createReadStream(spool.path) as AsyncIterable<Buffer>;
      } finally {
        discard();
      }
    },
    discard,
  };
}
