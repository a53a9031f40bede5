import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { DataFolder } from './data-folder.js';
import { removePidFile, writePidFile } from './pid-files.js';
import type { RestartPolicy } from './restart-policy.js';
import { openRotatingLog } from './rotating-log.js';

/** A program to run, as the parts and services tables describe it. */
export interface ChildSpec {
  /** Names its log and pid file. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** A node program gets an IPC channel: its closing tells the child that its supervisor is gone. */
  readonly isNode: boolean;
  /** SIGTERM first, SIGKILL after this. */
  readonly stopTimeoutMs: number;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Child {
  readonly name: string;
  readonly logFile: string;
  /** Undefined while it does not run. */
  pid(): number | undefined;
  /** The last unexpected end, for messages. */
  lastExit(): Exit | undefined;
  start(): void;
  /** Ends it, waits until it is gone, and does not start it again. Safe to call twice. */
  stop(): Promise<void>;
  /** SIGKILL, as a crash: supervision goes on. Resolves once it is gone. */
  kill(): Promise<void>;
  /** SIGKILL, and not started again. */
  abandon(): Promise<void>;
}

export interface ChildEvents {
  /** It ended by itself. `restartInMs` is undefined when the policy has given up. */
  exited(child: Child, exit: Exit, restartInMs: number | undefined): void;
}

/**
 * Keeps one program running: its output in `logs/NAME.log`, its pid in `run/NAME.pid`, started again by the policy.
 * It runs in a process group of its own, so that a Ctrl-C in the terminal reaches only the supervisor, which then stops
 * all in order. `launcher` is what dies with us where the system can do that (see parent-death.ts).
 */
export function createChild({
  spec,
  folder,
  launcher,
  restart,
  events,
}: {
  spec: ChildSpec;
  folder: DataFolder;
  launcher: readonly string[];
  restart: RestartPolicy;
  events: ChildEvents;
}): Child {
  const { name } = spec;
  const logFile = join(folder.logs, `${name}.log`);
  let running: { process: ChildProcess; ended: Promise<void> } | undefined;
  let restartTimer: NodeJS.Timeout | undefined;
  let wanted = false;
  let lastExit: Exit | undefined;

  const launch = () => {
    const log = openRotatingLog({ path: logFile });
    // A node program sees its channel close: a signal on top would look like the second one, which ends it at once.
    const words = spec.isNode ? [] : launcher;
    const [command, ...args] = [...words, spec.command, ...spec.args] as [string, ...string[]];
    const child = spawn(command, args, {
      cwd: spec.cwd,
      env: spec.env as NodeJS.ProcessEnv,
      detached: true,
      stdio: spec.isNode ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
    });
    child.stdout?.on('data', log.write);
    child.stderr?.on('data', log.write);
    if (child.pid !== undefined) writePidFile({ run: folder.run, name, pid: child.pid });
    const ended = new Promise<void>((resolve) => {
      // 'close' never comes after a failed spawn, and 'error' may follow a failed kill: whichever ends it first counts.
      const end = (exit: Exit) => {
        if (running?.process !== child) return;
        running = undefined;
        removePidFile({ run: folder.run, name });
        resolve();
        if (wanted) exitedByItself(exit);
      };
      child.once('exit', (code, signal) => end({ code, signal }));
      child.once('error', (error) => {
        log.write(`${error.message}\n`);
        if (child.pid === undefined) end({ code: null, signal: null });
      });
      child.once('close', log.close);
    });
    running = { process: child, ended };
  };

  const exitedByItself = (exit: Exit) => {
    lastExit = exit;
    const delayMs = restart.next();
    if (delayMs !== undefined) restartTimer = setTimeout(launch, delayMs);
    events.exited(self, exit, delayMs);
  };

  const endWith = async (signal: NodeJS.Signals) => {
    const current = running;
    if (!current) return;
    current.process.kill(signal);
    if (signal === 'SIGKILL') return current.ended;
    const killTimer = setTimeout(() => current.process.kill('SIGKILL'), spec.stopTimeoutMs);
    await current.ended;
    clearTimeout(killTimer);
  };

  const self: Child = {
    name,
    logFile,
    pid: () => running?.process.pid,
    lastExit: () => lastExit,
    start() {
      if (wanted && running) return;
      wanted = true;
      clearTimeout(restartTimer);
      launch();
    },
    async stop() {
      wanted = false;
      clearTimeout(restartTimer);
      await endWith('SIGTERM');
    },
    kill: () => endWith('SIGKILL'),
    async abandon() {
      wanted = false;
      clearTimeout(restartTimer);
      await endWith('SIGKILL');
    },
  };
  return self;
}
