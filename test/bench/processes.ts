// The processes that a bench starts and watches.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '../support/stack.js';

/** Kafka and ClickHouse of one's own, and Redis where asked for, unless the environment names some. */
export async function ownStack({ redis = false } = {}): Promise<{
  pids: Record<string, number>;
  stop: () => Promise<void>;
}> {
  if (process.env.KAFKA_BROKERS && process.env.CLICKHOUSE_URL) return { pids: {}, stop: async () => {} };
  const dataDir = mkdtempSync(join(tmpdir(), 'sealstream-bench-'));
  const stack = await startEmbedded({
    dataDir,
    parts: ['kafka', 'clickhouse', ...(redis ? (['redis'] as const) : [])],
    env: process.env,
  });
  Object.assign(process.env, stack.addresses);
  return {
    pids: {
      clickhouse: stack.part('clickhouse').pid()!,
      kafka: stack.part('kafka').pid()!,
      ...(redis ? { redis: stack.part('redis').pid()! } : {}),
    },
    async stop() {
      await stack.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** USER_HZ of Linux on every architecture that Node runs on. */
const ticksPerSecond = 100;

/** User and system time so far, seconds; proc(5), fields 14 and 15 of /proc/pid/stat. */
export function cpuOf(pids: Record<string, number>): Record<string, number> {
  const used = (pid: number): number => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  };
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, used(pid)]));
}

export const peakMemory = (pid: number): number =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1_024;

/** Resident now, bytes. */
export const residentMemory = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1_024;
