import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { PrepareFailure } from './failure.mjs';

const KEPT_OUTPUT_CHARS = 4_000;

/** Runs a program quietly; when it fails, the error carries the end of what it printed. */
export function runCommand({ command, args, cwd, env = process.env }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-KEPT_OUTPUT_CHARS);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.on('error', (error) => reject(new PrepareFailure(`could not run ${command}: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output);
      else {
        const how = signal ? `was ended by ${signal}` : `exited ${code}`;
        reject(new PrepareFailure(`\`${command} ${args.join(' ')}\` ${how}:\n${output.trim()}`));
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
