// What the engine of alerts takes: `npm run bench -- alerts [--part latency|rules] [--rate EVENTS/S] [--seconds N] [--alerts PER_S]
// [--rules N] [--correlations N] [--events N] [--profile FOLDER]`. `latency`: from a failed login's publication to the arrival of its webhook, while other
// events come at the rate, with the consumer beside. `rules`: events per second, memory and CPU with so many rules.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { EventInput } from '../../services/core/event/index.js';
import { alertWorld, writeRules } from '../support/alert-engine.js';
import { startConsumerChild } from '../support/consumer-child.js';
import { createDeliveryWorld, type DeliveryWorld } from '../support/delivering.js';
import { eventParts, testProducer } from '../support/judging.js';
import type { BenchEngine, BenchReport } from './alerts-engine.js';
import type { Bench } from './main.js';
import { cpuOf, ownStack, peakMemory, residentMemory } from './processes.js';

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const partitions = 4;

interface Setting {
  world: DeliveryWorld;
  number: (name: string, fallback: number) => number;
  startEngine(more?: Partial<BenchEngine>): Promise<ChildProcess>;
  publish(partition: number, inputs: readonly Partial<EventInput>[]): Promise<void>;
  pids: Record<string, number>;
}

export const bench: Bench = async (options) => {
  const number = (name: string, fallback: number): number => Number(options[name] ?? fallback);
  const stack = await ownStack({ redis: true });
  const children: ChildProcess[] = [];
  try {
    const world = await createDeliveryWorld({ partitions });
    const config = await alertWorld(world);
    const key = await world.register('shop');
    const producers = Array.from({ length: partitions }, (_, partition) =>
      testProducer({ key, partition, lane: partition }),
    );
    for (const [partition, producer] of producers.entries()) await world.publish(partition, [producer.open()]);
    const setting: Setting = {
      world,
      number,
      pids: stack.pids,
      async startEngine(more = {}) {
        const file = fileURLToPath(new URL('./alerts-engine.js', import.meta.url));
        const execArgv = options.profile ? ['--cpu-prof', `--cpu-prof-dir=${options.profile}`] : [];
        const child = fork(file, [JSON.stringify({ config, ...more } satisfies BenchEngine)], { execArgv });
        children.push(child);
        await once(child, 'message');
        return child;
      },
      async publish(partition, inputs) {
        const nowMs = Date.now();
        const events = inputs.map((input) => eventParts(input, nowMs));
        await world.publish(partition, [producers[partition]!.record('data', events).value]);
      },
    };
    if (options.part !== 'rules') await latency(setting);
    if (options.part !== 'latency') await manyRules(setting);
    for (const child of children) child.kill();
    await world.remove();
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await stack.stop();
  }
};

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

async function reportOf(child: ChildProcess): Promise<BenchReport> {
  const answer = once(child, 'message');
  child.send('report');
  return (await answer)[0] as BenchReport;
}

const spike = JSON.stringify({
  id: 'failed-logins',
  name: 'Failed logins',
  filter: { action: 'auth.failed' },
  condition: { count: '>= 1', window: '5m', groupBy: 'ip' },
});

/** Every alert is of an address of its own; the event is published at `sentAt`, not when the record before it was done. */
async function latency({ world, number, startEngine, publish, pids }: Setting): Promise<void> {
  const perSecond = number('rate', 2_000);
  const seconds = number('seconds', 30);
  const alertsPerSecond = number('alerts', 5);
  const sentAt = new Map<string, number>();
  const tookMs: number[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      for (const ip of new Set(text.match(/10\.\d+\.\d+\.\d+/g) ?? [])) {
        const sent = sentAt.get(ip);
        if (sent !== undefined) tookMs.push(performance.now() - sent);
        sentAt.delete(ip);
      }
      response.end('ok');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await writeRules(world, [{ text: spike }]);
  const consumer = startConsumerChild(world.config);
  const webhook = `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts`;
  const engine = await startEngine({ webhook });
  await sleep(3_000);
  const watched = { engine: engine.pid!, consumer: consumer.pid, ...pids };
  const before = cpuOf(watched);
  const perRecord = 50;
  const everyMs = (perRecord * 1_000) / perSecond;
  const began = performance.now();
  let published = 0;
  let told = 0;
  const pending: Promise<void>[] = [];
  while (performance.now() - began < seconds * 1_000) {
    const due = Math.floor((performance.now() - began) / everyMs);
    for (; published < due; published += 1) {
      const events = Array.from({ length: perRecord }, (_, at) => ({
        action: 'document.read',
        actor: { id: `usr_${at}` },
        ip: '192.0.2.1',
      }));
      pending.push(publish(published % partitions, events));
    }
    for (; told < ((performance.now() - began) / 1_000) * alertsPerSecond; told += 1) {
      const ip = `10.0.${told >> 8}.${told & 255}`;
      sentAt.set(ip, performance.now());
      pending.push(publish(told % partitions, [{ action: 'auth.failed', outcome: 'failure', ip }]));
    }
    await sleep(5);
  }
  await Promise.all(pending);
  await sleep(5_000);
  const used = cpuOf(watched);
  const report = await reportOf(engine);
  tookMs.sort((a, b) => a - b);
  const [p50, p99, most] = [0.5, 0.99, 1].map((share) => Math.round(quantile(tookMs, share)));
  print(
    `${published * perRecord + told} events in ${seconds} s; ${told} alerts, ${tookMs.length} webhooks, ${sentAt.size} missing`,
  );
  print(`from publication to webhook: p50 ${p50} ms, p99 ${p99} ms, most ${most} ms`);
  const cpu = Object.entries(used).map(([name, sum]) => `${name} ${(sum - before[name]!).toFixed(1)} s`);
  print(`CPU: ${cpu.join(', ')}; the engine judged ${report.events} events`);
  engine.kill();
  await once(engine, 'exit');
  await consumer.stop();
  server.close();
}

/** Rules as people have them: an action each, half of them with another field beside. */
function rulesText(rules: number, correlations: number): string {
  const detections = Array.from({ length: rules }, (_, at) =>
    [
      `title: rule ${at}`,
      `id: r${at}`,
      'logsource: {product: sealstream}',
      `detection: {sel: {action: product${at % 997}.act${at}${at % 2 ? `, target.type: t${at % 13}` : ''}}, condition: sel}`,
    ].join('\n'),
  );
  const counted = Array.from({ length: correlations }, (_, at) =>
    [
      `title: correlation ${at}`,
      `id: c${at}`,
      `correlation: {type: event_count, rules: [r${at}], group-by: [ip], timespan: 5m, condition: {gte: 5}, generate: true}`,
    ].join('\n'),
  );
  return [...detections, ...counted].join('\n---\n');
}

/** The engine alone, reading what was published before it started; one in a hundred events matches a rule. */
async function manyRules({ world, number, startEngine, publish, pids }: Setting): Promise<void> {
  const rules = number('rules', 10_000);
  const correlations = number('correlations', 200);
  const events = number('events', 400_000);
  await writeRules(world, [{ text: rulesText(rules, correlations) }]);
  const engine = await startEngine();
  const waitFor = async (done: (report: BenchReport) => boolean): Promise<BenchReport> => {
    for (;;) {
      const report = await reportOf(engine);
      if (done(report)) return report;
      await sleep(100);
    }
  };
  await sleep(5_000);
  const idle = residentMemory(engine.pid!);
  const before = await reportOf(engine);
  const perRecord = 250;
  const watched = { engine: engine.pid!, ...pids };
  // Stopped, so that what is measured is its own pace and not the publisher's.
  process.kill(engine.pid!, 'SIGSTOP');
  const stopped = performance.now();
  for (let at = 0; at < events; at += perRecord) {
    const inputs = Array.from({ length: perRecord }, (_, index) => {
      const number = at + index;
      const rule = (number * 7) % Math.min(rules, 2 * correlations);
      const matching = number % 100 === 0;
      return {
        action: matching ? `product${rule % 997}.act${rule}` : `product${number % 997}.done${number % 50}`,
        actor: { id: `usr_${number % 1_000}` },
        target: { type: `t${rule % 13}`, id: `x${number % 5_000}` },
        ip: `198.51.100.${number % 20}`,
        details: { bytes: number % 1_000, path: `/a/${number % 100}` },
      };
    });
    await publish((at / perRecord) % partitions, inputs);
  }
  print(`published ${events} events in ${((performance.now() - stopped) / 1_000).toFixed(1)} s`);
  process.kill(engine.pid!, 'SIGCONT');
  await waitFor((report) => report.events > before.events + perRecord * 4);
  const first = await reportOf(engine);
  const cpuBefore = cpuOf(watched);
  const began = performance.now();
  const last = await waitFor((report) => report.events - before.events >= events);
  const seconds = (performance.now() - began) / 1_000;
  const cpu = cpuOf(watched);
  const judged = last.events - first.events;
  print(`${rules} rules and ${correlations} correlations: ${Math.round(judged / seconds)} events/s`);
  const perMillion = Object.entries(cpu).map(
    ([name, used]) => `${name} ${(((used - cpuBefore[name]!) / judged) * 1e6).toFixed(1)}`,
  );
  print(`CPU seconds per million events: ${perMillion.join(', ')}`);
  const mib = (bytes: number): string => `${Math.round(bytes / 1_048_576)} MiB`;
  print(
    `matches ${last.matches - first.matches}, detections tried ${last.tried - first.tried} (${((last.tried - first.tried) / judged).toFixed(2)} an event), ` +
      `hits ${last.hits - first.hits}, rows of findings ${last.findings - first.findings}, matching ${(last.matchSeconds - first.matchSeconds).toFixed(1)} s`,
  );
  print(`memory of the engine: ${mib(idle)} with the rules loaded, ${mib(peakMemory(engine.pid!))} at most`);
  engine.kill();
  await once(engine, 'exit');
}
