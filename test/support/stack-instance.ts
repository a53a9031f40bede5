import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endOrphans } from '../../infra/local/supervisor/pid-files.js';
import { processIdentity } from '../../infra/local/supervisor/process-identity.js';
import { packageRoot } from '../../services/core/paths.js';

const READY_TIMEOUT_MS = 90_000;

/** A started instance: the process, what it printed, and what it left in its data folder. */
export interface Instance {
  readonly process: ChildProcess;
  output(): string;
  /** Resolves with the URL of `sealstream ready: URL`. Throws with the output when it ends before. */
  ready(): Promise<string>;
  /** Waits for its end. */
  exited(): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  pid(name: string): number;
}

/** The supervisor, without the installing and building before it. */
export const MAIN = join(packageRoot(), 'dist/infra/local/main.js');
export const PARTS_ONLY = join(packageRoot(), 'dist/test/support/stack-parts-only.js');
export const START = join(packageRoot(), 'infra/local/start.mjs');

/** Starts `file` as the leader of a process group of its own, as a shell does with a command. */
export function startInstance({
  file,
  dataDir,
  env,
}: {
  file: string;
  dataDir: string;
  env: Readonly<Record<string, string | undefined>>;
}): Instance {
  const child = spawn(process.execPath, [file], {
    env: { ...env, SEALSTREAM_DATA: dataDir } as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  const keep = (chunk: string) => {
    output += chunk;
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  const closed = once(child, 'close');
  return {
    process: child,
    output: () => output,
    async ready() {
      for (const until = Date.now() + READY_TIMEOUT_MS; Date.now() < until; await sleep(20)) {
        const url = /^sealstream ready: (\S+)$/m.exec(output)?.[1];
        if (url) return url;
        if (child.exitCode !== null || child.signalCode !== null) break;
      }
      await Promise.race([closed, sleep(1_000)]);
      throw new Error(`the instance did not get ready:\n${output}`);
    },
    async exited() {
      await closed;
      return { code: child.exitCode, signal: child.signalCode };
    },
    pid: (name) => Number(readFileSync(join(dataDir, 'run', `${name}.pid`), 'utf8')),
  };
}

/** Waits until a process is gone (reaped or a zombie). Throws when it is still there after `withinMs`. */
export async function waitGone(pid: number, withinMs: number = 15_000): Promise<void> {
  for (const until = Date.now() + withinMs; Date.now() < until; await sleep(20)) {
    if (processIdentity(pid) === undefined) return;
  }
  throw new Error(`pid ${pid} still runs after ${withinMs} ms`);
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

/** A folder for one test. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'sealstream-e2e-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }) };
}

/** Kills an instance and the children it noted, whatever state a test left it in. */
export async function killInstance({ instance, dataDir }: { instance: Instance; dataDir: string }): Promise<void> {
  if (instance.process.exitCode === null && instance.process.signalCode === null) instance.process.kill('SIGKILL');
  await instance.exited();
  const run = join(dataDir, 'run');
  if (existsSync(run)) await endOrphans({ run, stopTimeoutMs: 0, killTimeoutMs: 5_000 });
}

/** The first program of that name on the PATH. */
export function programOnPath(name: string): string {
  const folder = (process.env.PATH ?? '').split(delimiter).find((path) => existsSync(join(path, name)));
  if (folder === undefined) throw new Error(`${name} is not on the PATH`);
  return join(folder, name);
}
