// `npm run bench -- sealer [--entries 200000] [--events 25] [--partitions 4]`: how fast a sealer takes a backlog of records into the log.
import { shardName } from '../../services/core/log-folder/index.js';
import { eventParts, testProducer } from '../support/judging.js';
import { checkpointOf, createSealingWorld, startTestSealer } from '../support/sealing.js';
import { ownStack, peakMemory } from './processes.js';

const recordsAtOnce = 500;

export async function bench(options: Readonly<Record<string, string>>): Promise<void> {
  const entries = Number(options.entries ?? 200_000);
  const eventsEach = Number(options.events ?? 25);
  const partitions = Number(options.partitions ?? 4);
  const stack = await ownStack();
  const world = await createSealingWorld({ partitions, checkpointEveryMs: 1_000 });
  try {
    const key = await world.register('bench');
    const lanes = Array.from({ length: partitions }, (_, partition) =>
      testProducer({ key, partition, lane: partition }),
    );
    // Signing is not what is measured: a partition's records are a few hundred that come again and again, each an entry of its own.
    const made = lanes.map((lane) =>
      Array.from(
        { length: recordsAtOnce },
        () =>
          lane.record(
            'data',
            Array.from({ length: eventsEach }, () => eventParts()),
          ).value,
      ),
    );
    for (let sent = 0; sent < entries; sent += recordsAtOnce * partitions) {
      await Promise.all(made.map((values, partition) => world.publish(partition, values)));
    }
    const bytes = made[0]![0]!.length;
    const cpuBefore = process.cpuUsage();
    const began = performance.now();
    const sealer = await startTestSealer(world.config);
    await world.sealed({ timeoutMs: 1_200_000 });
    const seconds = (performance.now() - began) / 1_000;
    const cpu = process.cpuUsage(cpuBefore);
    await sealer.stop();
    let sealed = 0;
    for (let partition = 0; partition < partitions; partition += 1) {
      const { size } = (await checkpointOf(world.config, world.eventShard(partition)))!;
      sealed += size;
      process.stdout.write(`${shardName(world.eventShard(partition))}: ${size} entries\n`);
    }
    const cpuSeconds = (cpu.user + cpu.system) / 1e6;
    const rate = Math.round(sealed / seconds);
    process.stdout.write(
      `${sealed} entries of ${eventsEach} events (${bytes} bytes) each, in ${seconds.toFixed(1)} s: ${rate} entries/s, ` +
        `${rate * eventsEach} events/s, ${((cpuSeconds / sealed) * 1e6).toFixed(1)} CPU s per million entries, ` +
        `peak memory ${Math.round(peakMemory(process.pid) / 1_048_576)} MiB\n`,
    );
  } finally {
    await world.remove();
    await stack.stop();
  }
}
