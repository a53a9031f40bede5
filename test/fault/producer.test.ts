import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Kafka, logLevel } from 'kafkajs';
import { audience } from '../support/judging.js';
import { createProducingTopic, type JudgedTopic, numbersOf } from '../support/producing.js';
import type { ChildPlan } from '../support/producing-child.js';
import { startEmbedded, uniqueName } from '../support/stack.js';

type Stack = Awaited<ReturnType<typeof startEmbedded>>;

/** All of it takes minutes: `npm run test:faults`. */
const many = process.env.SEALSTREAM_FAULTS === '1';

const scratch = mkdtempSync(join(tmpdir(), 'sealstream-producer-fault-'));
let stack: Stack;
let kafka: Kafka;
before(async () => {
  stack = await startEmbedded({ dataDir: join(scratch, 'stack'), parts: ['kafka'], env: process.env });
  kafka = new Kafka({
    clientId: uniqueName('fault', '-'),
    brokers: [stack.addresses.KAFKA_BROKERS!],
    logLevel: logLevel.NOTHING,
  });
});
after(async () => {
  await stack?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

const event = (n: number) => ({ action: 'order.paid', organization_id: 'acme', details: { n } });
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const between = (leastMs: number, mostMs: number): number => leastMs + Math.random() * (mostMs - leastMs);

/** Everything accepted once, the chains whole; resends are duplicates to the judge and nothing else. */
function assertWhole(judged: JudgedTopic): void {
  assert.deepEqual(judged.findings, []);
  assert.deepEqual(judged.quarantined, []);
  assert.equal(new Set(judged.accepted).size, judged.accepted.length);
}

/** Kills Kafka and starts it again, `times` over. */
async function shakeKafka(times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    await sleep(between(300, 1_500));
    await stack.part('kafka').kill();
    await sleep(between(100, 2_000));
    await stack.part('kafka').start();
  }
}

describe('Kafka killed and started again in mid-stream', () => {
  for (const { withSpool, kills } of [
    { withSpool: true, kills: many ? 2 : 1 },
    { withSpool: false, kills: 1 },
  ]) {
    test(`loses nothing, repeats nothing and reorders nothing ${withSpool ? 'with' : 'without'} a spool`, async () => {
      const topic = await createProducingTopic({ partitions: 2, kafka });
      const spool = withSpool ? { folder: join(scratch, uniqueName('spool')) } : undefined;
      const producer = topic.producer({ lanes: 2, spool, batch: { lingerMs: 5 }, closeTimeoutMs: 120_000 });
      await producer.start();
      let shaking = true;
      const shaken = shakeKafka(kills).finally(() => {
        shaking = false;
      });
      let sent = 0;
      const logged: Promise<{ id: string }>[] = [];
      while (shaking) {
        for (let burst = 0; burst < 20; burst += 1, sent += 1) {
          const laneKey = sent % 2 === 0 ? 'a' : 'b';
          if (sent % 10 < 2) {
            const acknowledged = producer.log({ ...event(sent), request_id: laneKey }, { laneKey });
            acknowledged.catch(() => {});
            logged.push(acknowledged);
          } else producer.enqueue({ ...event(sent), request_id: laneKey }, { laneKey });
        }
        await sleep(40);
      }
      await shaken;
      const ids = (await Promise.all(logged)).map(({ id }) => id);
      await producer.close();
      const judged = await topic.judged();
      assertWhole(judged);
      const numbers = numbersOf(judged.events);
      assert.deepEqual(
        [...numbers].sort((a, b) => a - b),
        upTo(sent),
      );
      for (const laneKey of ['a', 'b']) {
        const ofKey = numbersOf(judged.events.filter(({ body }) => body.request_id === laneKey));
        assert.deepEqual(
          ofKey,
          [...ofKey].sort((a, b) => a - b),
        );
      }
      const accepted = new Set(judged.accepted);
      assert.ok(ids.every((id) => accepted.has(id)));
    });
  }
});

describe('a producer process killed at random moments', () => {
  const childFile = fileURLToPath(new URL('../support/producing-child.js', import.meta.url));
  const children = new Set<ChildProcess>();
  after(() => {
    for (const child of children) child.kill('SIGKILL');
  });

  /** Runs the child until it is killed after a while; hands back what it said of its events. */
  const runAndKill = async (plan: ChildPlan, lifeMs: number): Promise<{ acknowledged: number[]; taken: number }> => {
    const child = spawn(process.execPath, [childFile, JSON.stringify(plan)], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.add(child);
    const acknowledged: number[] = [];
    let taken = plan.first;
    const lines = createInterface({ input: child.stdout! });
    const started = new Promise<void>((resolve) => {
      lines.on('line', (line) => {
        const [word, from, to] = line.split(' ');
        if (word === 'started') return resolve();
        for (let n = Number(from); n < Number(to); n += 1) acknowledged.push(n);
        taken = Math.max(taken, Number(to));
      });
    });
    const exited = once(child, 'exit');
    const closed = once(lines, 'close');
    await Promise.race([started, exited]);
    assert.equal(child.exitCode, null, 'the child came up and did not end by itself');
    await sleep(lifeMs);
    child.kill('SIGKILL');
    await Promise.all([exited, closed]);
    children.delete(child);
    return { acknowledged, taken };
  };

  test('has everything that was acknowledged in Kafka once, in order, after the next start', async () => {
    const topic = await createProducingTopic({ partitions: 2, kafka });
    const folder = join(scratch, uniqueName('spool'));
    const spool = { folder };
    const first = topic.producer({ spool, lanes: 2 });
    await first.start();
    await first.close();

    const acknowledged: number[] = [];
    let next = 0;
    const mostRuns = 64;
    for (let run = 0; run < (many ? 24 : 8) || (acknowledged.length <= 100 && run < mostRuns); run += 1) {
      const isAway = run % 4 < 2;
      const brokers = isAway ? ['127.0.0.1:1'] : [stack.addresses.KAFKA_BROKERS!];
      const { producerId, key } = topic;
      const pem = String(key.privateKey.export({ type: 'pkcs8', format: 'pem' }));
      const plan = { brokers, topic: topic.topic, audience, producerId, pem, folder, lanes: 2, first: next };
      const said = await runAndKill(plan, between(0, 250));
      acknowledged.push(...said.acknowledged);
      // Numbers taken but never acknowledged are not used again.
      next = said.taken + 1_000_000;
    }
    const last = topic.producer({ spool, lanes: 2, closeTimeoutMs: 60_000 });
    await last.start();
    await last.flush();
    await last.close();

    const judged = await topic.judged();
    assertWhole(judged);
    const numbers = numbersOf(judged.events);
    assert.deepEqual(
      numbers,
      [...numbers].sort((a, b) => a - b),
      'in the order in which they were taken, over all processes',
    );
    const accepted = new Set(numbers);
    assert.equal(accepted.size, numbers.length);
    assert.deepEqual(
      acknowledged.filter((n) => !accepted.has(n)),
      [],
    );
    assert.ok(acknowledged.length > 100, `${acknowledged.length} events were acknowledged`);
  });
});
