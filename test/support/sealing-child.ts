// A sealer or a witness as a process of its own, to be killed. It composes the product's with a probe that stops the process by a signal
// at a step, and tells its parent when it has begun.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Step as SealerStep } from '../../services/sealer/sealing.js';
import type { Step as WitnessStep } from '../../services/witness/witness.js';
import { type SealingConfig, startTestSealer } from './sealing.js';
import { startTestWitness, type WitnessConfig } from './witnessing.js';

/** The signal, and the how-manieth time of which step it falls on; of a sealer, of the shard with this origin. */
export interface StopAt {
  step: SealerStep | WitnessStep;
  origin?: string;
  time: number;
  signal: 'SIGKILL' | 'SIGSTOP';
}

interface Reached {
  step: SealerStep;
  origin: string;
  size: number;
}

interface Task {
  sealer?: SealingConfig;
  witness?: WitnessConfig;
  stopAt?: StopAt | undefined;
}

export interface Child {
  pid: number;
  /** Sizes of the trees that a sealer has signed, of the shard with this origin. */
  signed(origin: string): number[];
  /** How often a sealer has begun to write one. */
  begun(origin: string): number;
  /** Resolves when it runs; rejects when it ends before. */
  ready: Promise<void>;
  /** Resolves when a SIGSTOP has taken effect. */
  stopped(): Promise<void>;
  /** Resolves with the signal that ended it. */
  ended: Promise<string | null>;
  signal(signal: NodeJS.Signals): void;
  /** Ends it in good order. */
  stop(): Promise<void>;
}

const file = fileURLToPath(import.meta.url);

export const startSealerChild = (sealer: SealingConfig, stopAt?: StopAt): Child => start({ sealer, stopAt });
export const startWitnessChild = (witness: WitnessConfig, stopAt?: StopAt): Child => start({ witness, stopAt });

function start(task: Task): Child {
  const child: ChildProcess = fork(file, [JSON.stringify(task)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const reached: Reached[] = [];
  child.on('message', (message) => {
    if (message !== 'ready') reached.push(message as Reached);
  });
  const at = (step: SealerStep, origin: string): Reached[] =>
    reached.filter((one) => one.step === step && one.origin === origin);
  const ended = once(child, 'exit').then(([, signal]) => signal as string | null);
  const ready = Promise.race([
    new Promise<void>((resolve) => {
      child.on('message', (message) => message === 'ready' && resolve());
    }),
    ended.then((signal) => {
      throw new Error(`the child ended (${signal}) before it ran`);
    }),
  ]);
  ready.catch(() => {});
  return {
    pid: child.pid!,
    signed: (origin) => at('after_sign', origin).map(({ size }) => size),
    begun: (origin) => at('before_tiles', origin).length,
    ready,
    ended,
    async stopped() {
      // The state is the field behind the name, which is in brackets (proc(5), /proc/pid/stat).
      while (!/\) T /.test(readFileSync(`/proc/${child.pid}/stat`, 'utf8'))) await sleep(20);
    },
    signal: (signal) => void child.kill(signal),
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

async function run({ sealer, witness, stopAt }: Task): Promise<void> {
  let times = 0;
  const onStep = (step: SealerStep | WitnessStep, at?: Omit<Reached, 'step'>): void => {
    if ((step === 'after_sign' || step === 'before_tiles') && process.connected) process.send?.({ ...at, step });
    if (stopAt?.step !== step || (stopAt.origin !== undefined && stopAt.origin !== at?.origin)) return;
    times += 1;
    if (times === stopAt.time) process.kill(process.pid, stopAt.signal);
  };
  const parentGone = new Promise<void>((resolve) => {
    process.once('disconnect', resolve);
    if (!process.connected) resolve();
  });
  const running = sealer
    ? await startTestSealer(sealer, { onStep, level: 'fatal' })
    : await startTestWitness(witness!, { onStep, level: 'fatal' });
  process.send?.('ready', undefined, undefined, () => {});
  await parentGone;
  await running.stop();
  process.exit(0);
}

if (process.argv[1] === file) await run(JSON.parse(process.argv[2]!) as Task);
