// What offline verification takes: `npm run bench -- verify [--events N] [--per-record N] [--runs N] [--threads N]`.
import { createNodePlatform } from '../../services/core/verify/node.js';
import { createRecordWorkers } from '../../services/core/verify/record-workers.js';
import { verifyBundle } from '../../services/core/verify/verify-bundle.js';
import { bundleToJson } from '../../services/core/verify/write-bundle.js';
import { createEvidenceWorld } from '../support/evidence.js';
import { eventParts, newKey, testProducer } from '../support/judging.js';
import type { Bench } from './main.js';

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** A bundle's text: whole batches of ordinary events, in one range of one log. */
async function makeBundle(events: number, perRecord: number): Promise<{ text: Buffer; trust: object }> {
  const world = createEvidenceWorld();
  const key = newKey();
  world.register(key, 'shop');
  const producer = testProducer({ key });
  const written = [world.mark(), world.write(producer.open())];
  for (let from = 0; from < events; from += perRecord) {
    const parts = Array.from({ length: Math.min(perRecord, events - from) }, (_, at) =>
      eventParts({
        actor: { id: `usr_${at % 97}`, name: `Person ${at % 97}`, email: `p${at % 97}@example.com` },
        target: { type: 'order', id: `ord_${from + at}` },
        ip: '203.0.113.9',
        message: `Order ${from + at} was paid`,
        details: { amount: at, currency: 'EUR' },
        service: 'shop',
        request_id: `req_${from + at}`,
      }),
    );
    written.push(world.write(producer.record('data', parts).value));
  }
  const shown = written.map((record) => world.show(record, 'all'));
  const bundle = await world.bundle(shown, { range: [0, written.length] });
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  return { text: Buffer.from(JSON.stringify(bundleToJson(bundle, base64))), trust: world.trust };
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

export const bench: Bench = async (options) => {
  const number = (name: string, fallback: number): number => Number(options[name] ?? fallback);
  const events = number('events', 200_000);
  const perRecord = number('per-record', 250);
  const { text, trust } = await makeBundle(events, perRecord);
  print(`${events} events in records of ${perRecord}: a bundle of ${(text.length / 1e6).toFixed(1)} MB`);
  const rates = new Map<string, number>();
  for (const threads of [0, number('threads', 2)]) {
    const workers = threads > 0 ? createRecordWorkers({ threads }) : undefined;
    const platform = createNodePlatform();
    const seconds: number[] = [];
    const cpuSeconds: number[] = [];
    for (let run = 0; run < number('runs', 5) + 1; run += 1) {
      const cpu = process.cpuUsage();
      const began = performance.now();
      const verdict = await verifyBundle(text, {
        trust,
        platform,
        views: 0,
        ...(workers ? { checkRecords: workers.checkRecords } : {}),
      });
      if (!verdict.verified || verdict.checks.signature.events !== events) throw new Error(verdict.message);
      // The first run warms up.
      if (run === 0) continue;
      const { user, system } = process.cpuUsage(cpu);
      seconds.push((performance.now() - began) / 1_000);
      cpuSeconds.push((user + system) / 1e6);
    }
    await workers?.close();
    const what = threads === 0 ? 'one thread' : `${threads} threads beside`;
    rates.set(what, events / median(seconds));
    print(
      `${what}: ${Math.round(events / median(seconds))} events/s, ` +
        `${((median(cpuSeconds) / events) * 1e6).toFixed(2)} CPU seconds per million, ` +
        `${Math.round(process.memoryUsage().rss / 1e6)} MB`,
    );
  }
  const [one, more] = [...rates.values()];
  print(`threads help by ${(more! / one!).toFixed(2)}`);
};
