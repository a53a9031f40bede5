// What a reconciliation takes: `npm run bench -- fsck [--events N] [--runs N] [--partitions N]`. With Kafka judged anew, and without.
import { createLogger } from '../../services/core/log.js';
import { runFsck } from '../../services/fsck/run.js';
import { startConsumerChild } from '../support/consumer-child.js';
import { createDeliveryWorld } from '../support/delivering.js';
import type { Bench } from './main.js';
import { cpuOf, ownStack, peakMemory } from './processes.js';
import { publish } from './sink.js';

const print = (text: string): void => void process.stdout.write(`${text}\n`);

export const bench: Bench = async (options) => {
  const number = (name: string, fallback: number): number => Number(options[name] ?? fallback);
  const events = number('events', 1_000_000);
  const partitions = number('partitions', 4);
  const stack = await ownStack();
  const logger = createLogger('fsck', 'silent');
  try {
    const world = await createDeliveryWorld({ partitions });
    const { config, kafka, clickhouse, judging } = world;
    print(`storing ${events} events in ${partitions} partitions`);
    const consumer = startConsumerChild(config);
    await publish({ world, events, partitions });
    await world.delivered({ timeoutMs: 600_000 });
    await consumer.stop();
    const deployment = {
      clickhouse,
      database: config.database,
      kafka,
      topics: config.topics,
      groupId: config.groupId,
      deployment: judging.deployment,
    };
    for (const withKafka of [false, true]) {
      const rates: number[] = [];
      for (let run = 0; run < number('runs', 3); run += 1) {
        const pids = { fsck: process.pid, ...stack.pids };
        const before = cpuOf(pids);
        const began = performance.now();
        let differences = 0;
        const result = await runFsck(deployment, {
          withKafka,
          report: () => {
            differences += 1;
          },
          logger,
          signal: new AbortController().signal,
        });
        const seconds = (performance.now() - began) / 1_000;
        const after = cpuOf(pids);
        const cpu = Object.entries(after).map(
          ([name, used]) =>
            `${name} ${(((used - before[name as keyof typeof before]!) / result.events) * 1e6).toFixed(1)}`,
        );
        rates.push(result.events / seconds);
        print(
          `${withKafka ? 'with' : 'without'} Kafka: ${Math.round(result.events / seconds).toLocaleString('en')} events/s, ${differences} differences; ` +
            `CPU seconds per million: ${cpu.join(', ')}; peak ${Math.round(peakMemory(process.pid) / 1_048_576)} MiB`,
        );
      }
      const median = rates.toSorted((a, b) => a - b)[Math.floor(rates.length / 2)]!;
      print(`median ${withKafka ? 'with' : 'without'} Kafka: ${Math.round(median).toLocaleString('en')} events/s`);
    }
    await world.remove();
  } finally {
    await stack.stop();
  }
};
