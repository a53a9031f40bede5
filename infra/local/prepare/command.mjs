import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { PrepareFailure } from './failure.mjs';

/** The cause stands at the beginning (npm, tsc) or at the end (Maven, apt) of what a program prints. */
const KEPT_HEAD_CHARS = 1_500;
const KEPT_TAIL_CHARS = 1_500;

/** Runs a program quietly; when it fails, the error carries what it printed, long output without its middle. */
export function runCommand({ command, args, cwd, env = process.env }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let head = '';
    let tail = '';
    const keep = (chunk) => {
      const room = KEPT_HEAD_CHARS - head.length;
      head += chunk.slice(0, room);
      const rest = tail + chunk.slice(room);
      tail = rest.length > KEPT_TAIL_CHARS ? `\n…\n${rest.slice(-KEPT_TAIL_CHARS)}` : rest;
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.on('error', (error) => reject(new PrepareFailure(`could not run ${command}: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else {
        const how = signal ? `was ended by ${signal}` : `exited ${code}`;
        reject(new PrepareFailure(`\`${command} ${args.join(' ')}\` ${how}:\n${(head + tail).trim()}`));
      }
    });
  });
}

/** The first executable of that name on the PATH, or undefined. */
export function findOnPath(name, path = process.env.PATH ?? '') {
  for (const folder of path.split(delimiter)) {
    if (folder === '') continue;
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not here: the next folder may have it.
    }
  }
  return undefined;
}
