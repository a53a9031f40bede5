import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LocalError } from '../errors.js';
import { commandLine, processIdentity } from './process-identity.js';

const PID_SUFFIX = '.pid';
const IDENTITY_SUFFIX = '.identity';
const POLL_MS = 50;

/** `run/NAME.pid` holds the bare pid, for `kill $(cat …)`; its start time beside it tells whether it is still ours. */
export function writePidFile({ run, name, pid }: { run: string; name: string; pid: number }): void {
  writeFileSync(join(run, name + IDENTITY_SUFFIX), processIdentity(pid) ?? '');
  writeFileSync(join(run, name + PID_SUFFIX), `${pid}\n`);
}

export function removePidFile({ run, name }: { run: string; name: string }): void {
  for (const suffix of [PID_SUFFIX, IDENTITY_SUFFIX]) rmSync(join(run, name + suffix), { force: true });
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

async function gone({ pid, identity, withinMs }: { pid: number; identity: string; withinMs: number }) {
  for (const until = Date.now() + withinMs; Date.now() < until; await sleep(POLL_MS)) {
    if (processIdentity(pid) !== identity) return true;
  }
  return processIdentity(pid) !== identity;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/**
 * Ends what a killed supervisor left behind, by the pid files it wrote. A process whose start time differs from the
 * noted one is somebody else's with a reused pid: left alone. Returns the names that were ended.
 */
export async function endOrphans({
  run,
  stopTimeoutMs,
  killTimeoutMs,
}: {
  run: string;
  stopTimeoutMs: number;
  killTimeoutMs: number;
}): Promise<string[]> {
  const names = readdirSync(run)
    .filter((file) => file.endsWith(PID_SUFFIX))
    .map((file) => file.slice(0, -PID_SUFFIX.length));
  const ended = await Promise.all(
    names.map(async (name) => {
      const pid = Number(readText(join(run, name + PID_SUFFIX)));
      const identity = readText(join(run, name + IDENTITY_SUFFIX));
      const isOurs = pid > 1 && identity !== '' && processIdentity(pid) === identity;
      if (isOurs) {
        signal(pid, 'SIGTERM');
        if (!(await gone({ pid, identity, withinMs: stopTimeoutMs }))) {
          signal(pid, 'SIGKILL');
          if (!(await gone({ pid, identity, withinMs: killTimeoutMs }))) {
            const what = `pid ${pid} (${commandLine(pid)}), left by an earlier start, does not end`;
            throw new LocalError('already_running', `${what}. End it by hand, then start again.`);
          }
        }
      }
      removePidFile({ run, name });
      return isOurs ? name : undefined;
    }),
  );
  return ended.filter((name) => name !== undefined);
}
