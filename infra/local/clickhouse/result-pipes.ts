import { execFile } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The reading end of a pipe that one query writes its rows into. */
export interface ResultPipe {
  readonly path: string;
  /** The rows, with back-pressure: a reader that pauses stops the query. Ends some time after `finish`. */
  readonly rows: Socket;
  /** The query has ended: what it wrote is still read, then the rows end. */
  finish(): void;
  /** Throws away what is not read yet, and lets no writer wait for a reader until the query has ended. */
  abandon(): void;
}

/** How often a writer that came after its reader had gone is let through to its EPIPE. */
const WAKE_MS = 20;

/**
 * Named pipes, one for each query that may run at once. The engine writes a result to a path (INTO OUTFILE) in any
 * format, as one well-formed document; through its streaming calls every chunk would be a document of its own.
 */
export async function createResultPipes({ folder, count }: { folder: string; count: number }) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const paths = Array.from({ length: count }, (_, index) => join(folder, `result-${index}`));
  await promisify(execFile)('mkfifo', ['-m', '600', ...paths]);

  /** `slot` must have no other open pipe. */
  const open = (slot: number): ResultPipe => {
    const path = paths[slot] as string;
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    // Our own writing end keeps the pipe from ending before the engine has opened it, and after a writer has left it.
    let writer: number | undefined = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    let ended = false;
    const leave = () => {
      if (writer === undefined) return;
      closeSync(writer);
      writer = undefined;
    };
    // An engine that opens the pipe only after its reader has gone would wait in open() for ever, where no KILL QUERY reaches it,
    // and hold a thread, a place and its tables. A reader that comes and goes lets it through; its first write then fails.
    const wake = () => {
      if (ended) return;
      closeSync(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
      setTimeout(wake, WAKE_MS);
    };
    const rows = new Socket({ fd: reader, readable: true, writable: false });
    return {
      path,
      rows,
      finish() {
        ended = true;
        leave();
      },
      abandon() {
        leave();
        rows.destroy();
        wake();
      },
    };
  };
  return { open, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export type ResultPipes = Awaited<ReturnType<typeof createResultPipes>>;
