// A consumer as a process of its own, to be killed: `fork(consumerChild, [JSON.stringify(task)])`. It composes the product's consumer
// with a probe that stops the process by a signal at a step of a delivery, and tells its parent when it has begun to deliver.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Step } from '../../services/consumer/partition.js';
import { type DeliveryConfig, startTestConsumer } from './delivering.js';

/** The signal, and the how-manieth time of which step of which partition (any, where none is named) it falls on. */
export interface StopAt {
  step?: Step;
  partition?: number;
  time: number;
  signal: 'SIGKILL' | 'SIGSTOP';
  /** Only once what the step begins has gone out, before an answer to it is read. */
  sent?: boolean;
}

interface Task {
  config: DeliveryConfig;
  stopAt: StopAt | undefined;
}

export interface ConsumerChild {
  readonly pid: number;
  /** Resolves when it has come to the first step of a delivery; rejects when it ends before. */
  delivering: Promise<void>;
  /** Resolves when a SIGSTOP has taken effect. */
  stopped(): Promise<void>;
  /** Resolves with the signal that ended it. */
  ended: Promise<string | null>;
  signal(signal: NodeJS.Signals): void;
  /** Leaves the group in good order. */
  stop(): Promise<void>;
}

const file = fileURLToPath(import.meta.url);

export function startConsumerChild(config: DeliveryConfig, stopAt?: StopAt): ConsumerChild {
  const task: Task = { config, stopAt };
  const child = fork(file, [JSON.stringify(task)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = once(child, 'exit').then(([, signal]) => signal as string | null);
  const delivering = Promise.race([
    once(child, 'message').then(() => {}),
    ended.then((signal) => {
      throw new Error(`the consumer ended (${signal}) before it delivered`);
    }),
  ]);
  delivering.catch(() => {});
  return {
    pid: child.pid!,
    delivering,
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

async function run({ config, stopAt }: Task): Promise<void> {
  let times = 0;
  let told = false;
  const parentGone = new Promise<void>((resolve) => {
    process.once('disconnect', resolve);
    if (!process.connected) resolve();
  });
  const consumer = await startTestConsumer(config, {
    level: 'error',
    onStep(step, { partition }) {
      if (!told) process.send?.('delivering', undefined, undefined, () => {});
      told = true;
      if (stopAt === undefined || (stopAt.step ?? step) !== step || (stopAt.partition ?? partition) !== partition)
        return;
      times += 1;
      if (times !== stopAt.time) return;
      const stop = (): void => void process.kill(process.pid, stopAt.signal);
      if (stopAt.sent) setImmediate(stop);
      else stop();
    },
  });
  await parentGone;
  await consumer.stop();
  process.exit(0);
}

if (process.argv[1] === file) await run(JSON.parse(process.argv[2]!) as Task);
