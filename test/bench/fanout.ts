// What live subscribers cost the gateway: `npm run bench -- fanout [--clients N] [--filters N] [--rate EVENTS/S] [--seconds N]
// [--stalled SHARE] [--processes N] [--partitions N] [--fields a,b] [--profile FOLDER]`. Gateway, publisher and clients are processes
// of their own; the publisher does not wait for anybody, and latency counts from when an event was meant to be sent.
import { type ChildProcess, fork } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { signingKeyFromPem } from '../../services/core/seal/index.js';
import { createDeliveryWorld } from '../support/delivering.js';
import type { ClientsConfig, ClientsReport } from './fanout-clients.js';
import { isWanted } from './fanout-events.js';
import type { PublisherConfig, PublisherReport } from './fanout-publisher.js';
import type { Bench } from './main.js';
import { cpuOf, ownStack, peakMemory, residentMemory } from './processes.js';

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const drainTimeoutMs = 60_000;

export const bench: Bench = async (options) => {
  const number = (name: string, fallback: number): number => Number(options[name] ?? fallback);
  const clients = number('clients', 500);
  const stalled = Math.round(clients * number('stalled', 0.01));
  const filters = number('filters', 1);
  const perSecond = number('rate', 500);
  const seconds = number('seconds', 15);
  const processes = number('processes', 1);
  const partitions = number('partitions', 3);
  const more = options.fields ? { fields: options.fields.split(',') } : {};
  const stack = await ownStack();
  const children: ChildProcess[] = [];
  const start = (name: string, config: object, execArgv: string[] = []): ChildProcess => {
    const file = fileURLToPath(new URL(`./fanout-${name}.js`, import.meta.url));
    const child = fork(file, [JSON.stringify(config)], { execArgv });
    children.push(child);
    return child;
  };
  try {
    const world = await createDeliveryWorld({ partitions });
    const keyPem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    await world.register('shop', signingKeyFromPem(keyPem));
    const profiling = options.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profile || '.'}`];
    const gateway = start('gateway', { config: world.config, clients }, profiling);
    const [port] = (await once(gateway, 'message')) as [number];
    await sleep(3_000);
    const idle = residentMemory(gateway.pid!);

    const ofEach = Math.ceil(clients / processes);
    const groups = Array.from({ length: processes }, (_, at) => {
      const config: ClientsConfig = {
        port,
        clients: Math.min(ofEach, clients - at * ofEach),
        stalled: Math.floor(stalled / processes) + (at < stalled % processes ? 1 : 0),
        filters,
        partitions,
        more,
      };
      return start('clients', config);
    });
    await Promise.all(groups.map((group) => once(group, 'message')));
    const connected = residentMemory(gateway.pid!);
    print(
      `${clients} clients (${stalled} stalled) with ${filters} filters at ${perSecond} events/s for ${seconds} s; ` +
        `${((connected - idle) / clients / 1_024).toFixed(1)} KiB a connection before the first event`,
    );

    const { brokers, topics } = world.config;
    const publisherConfig: PublisherConfig = {
      brokers,
      topic: topics.events,
      keyPem,
      partitions,
      perSecond,
      warmSeconds: 4,
      seconds,
    };
    const publisher = start('publisher', publisherConfig);
    await once(publisher, 'message');
    const reports = (what: 'mark' | 'report'): Promise<ClientsReport[]> =>
      Promise.all(groups.map((group) => ask<ClientsReport>(group, what)));
    const drained = async (published: number[]): Promise<ClientsReport[]> => {
      for (const until = Date.now() + drainTimeoutMs; ; await sleep(200)) {
        const all = await reports('report');
        const missing = all.flatMap(({ reached }) =>
          reached.flatMap((last, partition) => (last < lastWanted(published[partition]!) ? [partition] : [])),
        );
        if (missing.length === 0) return all;
        if (Date.now() > until) {
          print(`after ${drainTimeoutMs} ms not every client has everything of partitions ${[...new Set(missing)]}`);
          return all;
        }
      }
    };
    await drained((await ask<PublisherReport>(publisher, 'warm')).published);
    await reports('mark');
    const pids: Record<string, number> = {
      gateway: gateway.pid!,
      ...Object.fromEntries(groups.map((group, at) => [`clients${at}`, group.pid!])),
    };
    const before = cpuOf(pids);
    const began = performance.now();
    const { published, acknowledged } = await ask<PublisherReport>(publisher, 'run');
    const all = await drained(published);
    const took = (performance.now() - began) / 1_000;
    const after = cpuOf(pids);
    const used = (name: string): number => after[name]! - before[name]!;
    const deliveries = all.reduce((sum, one) => sum + one.deliveries, 0);
    const reads = all.reduce((sum, one) => sum + one.reads, 0);
    const bytes = all.reduce((sum, one) => sum + one.bytes, 0);
    const cpu = used('gateway');
    print(
      `${Math.round(deliveries / seconds).toLocaleString('en')} deliveries/s, ${(bytes / deliveries).toFixed(0)} bytes each, ${(deliveries / reads).toFixed(1)} in one read; ` +
        `gateway ${((cpu / deliveries) * 1e6).toFixed(2)} CPU s per million = ` +
        `${Math.round(deliveries / cpu).toLocaleString('en')} deliveries/s per core (busy ${((cpu / took) * 100).toFixed(0)} %)`,
    );
    print(`latency from the intended time: ${quantiles(all.map(({ latencies }) => latencies))}`);
    print(`of it, until Kafka had acknowledged the event: ${quantiles([acknowledged])}`);
    const peak = peakMemory(gateway.pid!);
    print(
      `memory: ${mib(idle)} before, ${mib(connected)} with all connected, at most ${mib(peak)} ` +
        `(${((peak - idle) / clients / 1_024).toFixed(1)} KiB a connection, the memory of newest events included)`,
    );
    const faults = all.flatMap((one) => one.faults);
    print(faults.length === 0 ? 'every client that takes got everything, in order' : `FAULTS: ${faults.join('; ')}`);
    const clientCpu = groups.reduce((sum, _, at) => sum + used(`clients${at}`), 0);
    print(`clients: ${((clientCpu / took) * 100).toFixed(0)} % of a core; took ${took.toFixed(1)} s`);
    gateway.send('stop');
    await once(gateway, 'exit');
    await world.remove();
  } finally {
    for (const child of children) child.kill();
    await stack.stop();
  }
};

async function ask<T>(child: ChildProcess, what: string): Promise<T> {
  const answer = once(child, 'message');
  child.send(what);
  return (await answer)[0] as T;
}

/** Of so many events of a partition, the last that the filters let through. */
function lastWanted(count: number): number {
  for (let seq = count - 1; seq >= 0; seq -= 1) if (isWanted(seq)) return seq;
  return -1;
}

type Histogram = readonly (readonly [tenth: number, count: number])[];

function quantiles(histograms: readonly Histogram[]): string {
  const counts = new Map<number, number>();
  for (const histogram of histograms) {
    for (const [tenth, count] of histogram) counts.set(tenth, (counts.get(tenth) ?? 0) + count);
  }
  const sorted = [...counts].sort(([a], [b]) => a - b);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  const at = (share: number): string => {
    let left = total * share;
    for (const [tenth, count] of sorted) {
      left -= count;
      if (left <= 0) return (tenth / 10).toFixed(1);
    }
    return '–';
  };
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, p99.9 ${at(0.999)} ms, longest ${at(1)} ms`;
}

const mib = (bytes: number): string => `${(bytes / 1_048_576).toFixed(0)} MiB`;
