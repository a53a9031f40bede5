#!/usr/bin/env node
import { runCli } from './cli.js';

const interrupted = new AbortController();
let interruptedMs = 0;
/** One Ctrl-C reaches us twice where npm or a script passes on what the terminal has sent to all of them. */
const sameKeyPressMs = 500;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // A second Ctrl-C is meant.
    if (interrupted.signal.aborted && Date.now() - interruptedMs > sameKeyPressMs) process.exit(130);
    interruptedMs ||= Date.now();
    interrupted.abort();
  });
}
// `sealstream list | head` closes the pipe: nobody reads on, which is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const { env, stdin, stdout, stderr } = process;
const surroundings = { env, cwd: process.cwd(), stdin, stdout, stderr, nowMs: Date.now, signal: interrupted.signal };
process.exitCode = await runCli(process.argv.slice(2), surroundings);
