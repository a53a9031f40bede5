import { spawn } from 'node:child_process';
import { THREAD_POOL_SIZE } from './config.js';

/**
 * Every running query occupies a thread of libuv's pool, whose size libuv reads before any module of ours is loaded: four,
 * unless UV_THREADPOOL_SIZE says otherwise. So a process that was started without it starts itself again with it, passes
 * its signals on, and ends as that one ends. Whoever sets the variable saves this process (40 MB).
 */
export function startAgainWithThreads(environment: NodeJS.ProcessEnv): void {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    env: { ...environment, UV_THREADPOOL_SIZE: String(THREAD_POOL_SIZE) },
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  if (process.channel) process.on('disconnect', () => child.disconnect());
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 1;
    if (signal) console.error(`The ClickHouse front was ended by ${signal}.`);
    if (process.channel) process.disconnect();
  });
}
