// What the consumer does, from Kafka to rows in ClickHouse: `npm run bench -- sink [--events N] [--runs N] [--partitions N]`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageRoot } from '../../services/core/paths.js';
import type { EventParts } from '../../services/core/wire/index.js';
import { createDeliveryWorld, type DeliveryWorld } from '../support/delivering.js';
import { eventParts, testProducer } from '../support/judging.js';
import { createTestDatabase } from '../support/stack.js';
import type { Bench } from './main.js';
import { cpuOf, ownStack, peakMemory } from './processes.js';

const eventsPerRecord = 500;
/** Records are made of so many different events; each record has salts, a root and a signature of its own. */
const distinctEvents = 20_000;
/** Each look at the rows costs ClickHouse some milliseconds, which count against it. */
const pollMs = 200;

interface Measured {
  seconds: number;
  events: number;
  /** CPU seconds between first and last row. */
  cpu: Record<string, number>;
  /** Most memory that was resident, bytes. */
  peak: Record<string, number>;
}

export const bench: Bench = async (options) => {
  const number = (name: string, fallback: number): number => Number(options[name] ?? fallback);
  const events = number('events', 2_000_000);
  const runs = number('runs', 3);
  const partitions = number('partitions', 4);
  const stack = await ownStack();
  try {
    const world = await createDeliveryWorld({ partitions });
    print(`publishing ${events} events in records of ${eventsPerRecord}, ${partitions} partitions`);
    const bytes = await publish({ world, events, partitions });
    print(`${(bytes / events).toFixed(0)} bytes an event in the record, before compression`);
    const measured: Measured[] = [];
    for (let run = 1; run <= runs; run += 1) {
      const result = await measure({ world, events, pids: stack.pids, cpuProfile: options.profile });
      measured.push(result);
      print(`run ${run}: ${line(result)}`);
    }
    print(`median of ${runs}: ${line(medianOf(measured))}`);
    await world.remove();
  } finally {
    await stack.stop();
  }
};

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const perMillion = (seconds: number, events: number): string => ((seconds / events) * 1e6).toFixed(2);

function line({ seconds, events, cpu, peak }: Measured): string {
  const cpus = Object.entries(cpu).map(([name, used]) => `${name} ${perMillion(used, events)}`);
  const total = Object.values(cpu).reduce((sum, used) => sum + used, 0);
  const memory = Object.entries(peak).map(([name, bytes]) => `${name} ${(bytes / 1_048_576).toFixed(0)} MiB`);
  return (
    `${Math.round(events / seconds).toLocaleString('en')} events/s; CPU seconds per million events: ` +
    `${cpus.join(', ')}, together ${perMillion(total, events)}; peak memory: ${memory.join(', ')}`
  );
}

/** The run with the median rate. */
const medianOf = (runs: Measured[]): Measured =>
  runs.toSorted((a, b) => a.events / a.seconds - b.events / b.seconds)[Math.floor(runs.length / 2)]!;

const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)]!;

/** An event as a product would log it: who did what to which thing, from where, with some details. */
function someEvent(index: number): EventParts {
  const user = index % 5_000;
  return eventParts({
    organization_id: `org_${user % 200}`,
    action: pick(['auth.login', 'member.role_changed', 'document.viewed', 'document.updated', 'api_key.created']),
    actor: { id: `usr_${user}`, name: `User ${user}`, email: `user${user}@example.com` },
    target: { type: 'document', id: `doc_${index % 40_000}`, name: `Quarterly report ${index % 400}` },
    outcome: pick(['success', 'success', 'success', 'denied']),
    auth_method: 'session',
    service: 'documents',
    request_id: `req_${Math.random().toString(36).slice(2)}`,
    correlation_id: `cor_${index % 10_000}`,
    ip: `10.${index % 200}.${user % 250}.${index % 250}`,
    user_agent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36',
    session_id: `ses_${user}_${index % 7}`,
    message: `User ${user} did something to document ${index % 40_000}`,
    path: `/api/documents/${index % 40_000}`,
    details: { revision: index, fields: ['title', 'body'], size: index * 17 },
  });
}

/** Publishes so many events as products log them. Returns the bytes of all values. */
export async function publish({
  world,
  events,
  partitions,
}: {
  world: DeliveryWorld;
  events: number;
  partitions: number;
}): Promise<number> {
  const key = await world.register('shop');
  const pool = Array.from({ length: distinctEvents }, (_, index) => someEvent(index));
  const lanes = Array.from({ length: partitions }, (_, partition) => testProducer({ key, partition, lane: partition }));
  for (const [partition, lane] of lanes.entries()) await world.publish(partition, [lane.open()]);
  let bytes = 0;
  // One record in each Kafka batch, as producers send them.
  for (let left = Math.ceil(events / eventsPerRecord); left > 0; left -= partitions) {
    await Promise.all(
      lanes.slice(0, left).map(async (lane, partition) => {
        const { value } = lane.record(
          'data',
          Array.from({ length: eventsPerRecord }, () => pick(pool)),
        );
        await world.publish(partition, [value]);
        bytes += value.length;
      }),
    );
  }
  return bytes;
}

/** Runs the consumer as the product runs it, into a database of its own, and watches the rows come. */
async function measure({
  world,
  events,
  pids,
  cpuProfile,
}: {
  world: DeliveryWorld;
  events: number;
  pids: Record<string, number>;
  cpuProfile: string | undefined;
}): Promise<Measured> {
  const database = await createTestDatabase();
  const { config } = world;
  const port = await freePort();
  const profiling = cpuProfile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${cpuProfile || '.'}`];
  const child = spawn(process.execPath, [...profiling, join(packageRoot(), 'dist/services/consumer/main.js')], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      CLICKHOUSE_DATABASE: database.database,
      SEALSTREAM_AUDIENCE: config.audience,
      SEALSTREAM_ROOT_PUBLIC_KEY: config.rootPublicKey,
      SEALSTREAM_EVENTS_TOPIC: config.topics.events,
      SEALSTREAM_REGISTRY_TOPIC: config.topics.registry,
      SEALSTREAM_CONSUMER_GROUP: `bench-${database.database}`,
      SEALSTREAM_METRICS_PORT: String(port),
      SEALSTREAM_LOG_LEVEL: 'warn',
    },
  });
  const watched = { consumer: child.pid!, ...pids };
  const stored = async (): Promise<number> => {
    const answer = await database.clickhouse.query({
      query: 'SELECT count() AS rows FROM events',
      format: 'JSONEachRow',
    });
    return Number((await answer.json<{ rows: string }>())[0]!.rows);
  };
  try {
    let before = 0;
    while (before === 0) {
      await sleep(pollMs / 4);
      before = await stored();
    }
    const began = performance.now();
    const cpuBefore = cpuOf(watched);
    let rows = before;
    while (rows < events) {
      if (child.exitCode !== null) throw new Error(`the consumer ended with ${child.exitCode}`);
      await sleep(pollMs);
      rows = await stored();
    }
    const seconds = (performance.now() - began) / 1_000;
    const cpuAfter = cpuOf(watched);
    const cpu = Object.fromEntries(Object.keys(watched).map((name) => [name, cpuAfter[name]! - cpuBefore[name]!]));
    const peak = Object.fromEntries(Object.entries(watched).map(([name, pid]) => [name, peakMemory(pid)]));
    return { seconds, events: rows - before, cpu, peak };
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
    await database.remove();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
