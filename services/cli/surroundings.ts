import type { Readable, Writable } from 'node:stream';
import type { Environment } from '../core/config.js';

/** All that the commands know of the process they run in. */
export interface Surroundings {
  env: Environment;
  /** Relative paths, and the data folder, start here. */
  cwd: string;
  stdin: Readable & { isTTY?: boolean };
  stdout: Writable & { isTTY?: boolean; columns?: number };
  stderr: Writable & { isTTY?: boolean; columns?: number };
  nowMs: () => number;
  /** Aborts at Ctrl-C. */
  signal: AbortSignal;
}
