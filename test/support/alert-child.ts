// An engine of alerts as a process of its own, to be killed: `fork(file, [JSON.stringify(config)])`. It says `ready` once it judges.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type EngineConfig, startTestEngine } from './alert-engine.js';

const file = fileURLToPath(import.meta.url);

/** The same places for everybody: two addresses are an ocean apart. */
export const testPlaces = (ip: string) =>
  ip.endsWith('.1') ? { lat: 52.5, lon: 13.4 } : ip.endsWith('.2') ? { lat: 40.7, lon: -74 } : undefined;

export interface AlertChild {
  readonly process: ChildProcess;
  kill(): Promise<void>;
}

export async function startAlertChild(config: EngineConfig): Promise<AlertChild> {
  const child = fork(file, [JSON.stringify(config)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the engine ended with ${code} before it was ready`);
    }),
  ]);
  return {
    process: child,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

if (process.argv[1] === file) {
  const config = JSON.parse(process.argv[2]!) as EngineConfig;
  process.on('disconnect', () => process.exit(0));
  await startTestEngine(config, { locate: testPlaces, level: process.env.ALERT_CHILD_LOG ?? 'silent' });
  process.send!('ready');
}
