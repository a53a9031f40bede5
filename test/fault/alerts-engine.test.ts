import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { EventInput } from '../../services/core/event/index.js';
import { type EventParts, uuidV7 } from '../../services/core/wire/index.js';
import { type AlertChild, startAlertChild, testPlaces } from '../support/alert-child.js';
import { alertWorld, type EngineConfig, until, writeRules } from '../support/alert-engine.js';
import { backtestFindings, pureFindings, storedFindings } from '../support/alert-truth.js';
import { createDeliveryWorld, startTestConsumer } from '../support/delivering.js';
import { eventParts, testProducer } from '../support/judging.js';
import { rulesOf } from '../support/window-events.js';

/** Every kind of window, with every way to compare. Times are short, so that what has to wait for the watermark is there soon. */
function rulesTextOf(graceSeconds: number): string {
  const times = `grace: ${graceSeconds}s, resolve_after: 2s`;
  const detection = (id: string, sel: string, more = ''): string =>
    `title: ${id}\nname: ${id}\nid: ${id}\nlogsource: {product: sealstream}\ndetection: {sel: ${sel}, condition: sel}\ncustom_attributes: {${times}${more}}\n`;
  const correlation = (id: string, rest: string): string =>
    `title: ${id}\nname: ${id}\nid: ${id}\ncorrelation: {${rest}}\ncustom_attributes: {${times}}\n`;
  const count = (id: string, rule: string, timespan: string, condition: string): string =>
    correlation(
      id,
      `type: event_count, rules: [${rule}], group-by: [ip], timespan: ${timespan}, condition: {${condition}}`,
    );
  return [
    detection('fail', '{action: auth.failed}'),
    detection('ok', '{action: auth.login}'),
    detection('any', '{action: auth.*}'),
    detection('fresh', '{action: auth.login}', ', new_value: {field: user_agent, group_by: actor.id, learning: 6s}'),
    detection('travel', '{action: auth.login}', ', impossible_travel: {window: 4s}'),
    detection('alone', '{action: auth.mfa}', ', suppress: 4s'),
    detection('night', '{action: auth.mfa}', ', off_hours: {days: mon-sun, hours: "00:00-00:01"}'),
    count('spike', 'fail', '2s', 'gte: 4'),
    count('few', 'ok', '3s', 'lte: 1'),
    count('pair', 'ok', '2s', 'eq: 2'),
    correlation(
      'spray',
      'type: value_count, rules: [fail], group-by: [ip], timespan: 3s, condition: {field: actor.id, gte: 3}',
    ),
    correlation(
      'same',
      'type: value_count, rules: [fail], group-by: [actor.id], timespan: 2s, condition: {field: ip, lt: 2}',
    ),
    correlation(
      'sum',
      'type: value_sum, rules: [any], group-by: [actor.id], timespan: 2s, condition: {field: details.n, gt: 9}',
    ),
    correlation('breach', 'type: temporal_ordered, rules: [spike, ok], group-by: [ip], timespan: 4s'),
    correlation('odd', 'type: temporal, rules: [few, fail], group-by: [ip], timespan: 2s'),
  ].join('---\n');
}

const pick = <T>(from: readonly T[]): T => from[Math.floor(Math.random() * from.length)]!;

const someEvent = (nowMs: number): { id: Buffer; parts: EventParts } => {
  const id = uuidV7(nowMs);
  const input: Partial<EventInput> & { id: string } = {
    id: id.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
    action: pick(['auth.failed', 'auth.failed', 'auth.login', 'auth.mfa', 'other.thing']),
    actor: { id: pick(['a', 'b', 'c', 'd']) },
    ip: `198.51.100.${pick([1, 2, 3])}`,
    user_agent: pick(['x', 'y', 'z']),
    details: { n: pick([-2, 1, 3, 0.5]) },
    occurred_at: new Date(nowMs).toISOString(),
  };
  return { id, parts: eventParts(input, nowMs) };
};

interface Way {
  /** How long random events happen, ms; 15,000 where absent. */
  forMs?: number;
  /** Of all rules; 12 where absent. */
  graceSeconds?: number;
  /** How long after its time an event may be published, ms. */
  delayMs: number;
  doubled?: boolean;
  /** SIGKILL, in the middle, so many times. */
  kills?: number;
  flushes?: number;
  engines?: number;
}

const ways: Readonly<Record<string, Way>> = {
  'in order': { delayMs: 0 },
  'shuffled within the grace': { delayMs: 8_000 },
  doubled: { delayMs: 3_000, doubled: true },
  'shuffled, doubled and by two engines': { forMs: 3_000, graceSeconds: 3, delayMs: 1_000, doubled: true, engines: 2 },
  'with the engine killed and started again': { delayMs: 6_000, kills: 3 },
  'with Redis flushed in between': { delayMs: 6_000, flushes: 3 },
  'with everything at once': { delayMs: 6_000, doubled: true, kills: 2, flushes: 2, engines: 2 },
};

const everyMs = 15;

/** Publishes random events for a while, each somewhere and some time after its own. */
async function publishRandom(
  publish: (partition: number, parts: EventParts[]) => Promise<void>,
  { forMs, partitions, way }: { forMs: number; partitions: number; way: Way },
): Promise<void> {
  const due: { atMs: number; partition: number; parts: EventParts }[] = [];
  const startMs = Date.now();
  const wanted = forMs / everyMs;
  // By the clock and not by turns: a busy machine takes few of those.
  for (let made = 0; made < wanted || due.length > 0; ) {
    const nowMs = Date.now();
    for (; made < Math.min(wanted, (nowMs - startMs) / everyMs); made += 1) {
      const bornMs = startMs + Math.floor(made * everyMs);
      const { parts } = someEvent(bornMs - Math.floor(Math.random() * 50));
      const times = way.doubled && Math.random() < 0.4 ? 2 : 1;
      for (let time = 0; time < times; time += 1) {
        const atMs = bornMs + Math.random() * way.delayMs;
        due.push({ atMs, partition: Math.floor(Math.random() * partitions), parts });
      }
    }
    for (let partition = 0; partition < partitions; partition += 1) {
      const now = due.filter((one) => one.partition === partition && one.atMs <= nowMs);
      if (now.length > 0)
        await publish(
          partition,
          now.map(({ parts }) => parts),
        );
    }
    const left = due.filter(({ atMs }) => atMs > nowMs);
    due.splice(0, due.length, ...left);
    await sleep(60);
  }
}

async function harass(
  config: EngineConfig,
  children: AlertChild[],
  { kills = 0, flushes = 0 }: Way,
  forMs: number,
): Promise<void> {
  const redis = new Redis(config.redisUrl);
  const acts = [...Array(kills).fill('kill'), ...Array(flushes).fill('flush')].sort(() => Math.random() - 0.5);
  for (const act of acts) {
    await sleep((forMs / (acts.length + 1)) * (0.5 + Math.random()));
    if (act === 'flush') await redis.flushdb();
    else {
      const at = Math.floor(Math.random() * children.length);
      await children[at]!.kill();
      children[at] = await startAlertChild(config);
    }
  }
  redis.disconnect();
}

describe('findings of random events on the real parts', { concurrency: 2 }, () => {
  Object.entries(ways).forEach(([name, way], index) => {
    // Minutes long; `npm run test:alerts` does them.
    const { forMs = 15_000, graceSeconds = 12 } = way;
    const skip = way.forMs === undefined && !process.env.SEALSTREAM_ALERT_FAULTS && 'npm run test:alerts';
    test(`${name}, are those of the set of events, and of a backtest`, { timeout: 250_000, skip }, async () => {
      const rulesText = rulesTextOf(graceSeconds);
      const rules = rulesOf(rulesText);
      const partitions = 3;
      const world = await createDeliveryWorld({ partitions });
      const config = await alertWorld(world, { redisDatabase: 6 + index });
      await writeRules(world, [{ text: rulesText }]);
      const key = await world.register('shop');
      const producers = Array.from({ length: partitions }, (_, partition) =>
        testProducer({ key, partition, lane: partition }),
      );
      for (const [partition, producer] of producers.entries()) await world.publish(partition, [producer.open()]);
      const consumer = await startTestConsumer(world.config);
      const children: AlertChild[] = [];
      try {
        const starting = Array.from({ length: way.engines ?? 1 }, () => startAlertChild(config));
        children.push(...(await Promise.all(starting)));
        const publish = async (partition: number, parts: EventParts[]) =>
          void (await world.publish(partition, [producers[partition]!.record('data', parts).value]));
        await Promise.all([publishRandom(publish, { forMs, partitions, way }), harass(config, children, way, forMs)]);
        await world.delivered();
        const wanted = await pureFindings(world, rules, testPlaces);
        const finding = new Set(wanted.map(({ rule }) => rule.id));
        const quiet = rules.filter(({ id, alerts }) => alerts && !finding.has(id)).map(({ id }) => id);
        assert.ok(wanted.length > 15 && quiet.length < 5, `${wanted.length} findings, none of ${quiet}`);
        const missed = async () => {
          const found = await storedFindings(world, rules);
          return JSON.stringify(found) === JSON.stringify(wanted) ? true : undefined;
        };
        await until(missed, 'the findings', (graceSeconds + 75) * 1_000).catch(() => {});
        const found = await storedFindings(world, rules);
        const short = (findings: typeof found) =>
          findings.map(
            ({ id, rule, group, hits, events }) => `${id} ${rule.id} ${group.values} ${hits} hits ${events} events`,
          );
        assert.deepEqual(short(found), short(wanted));
        assert.deepEqual(found, wanted);
        assert.deepEqual(await backtestFindings(world, rules, testPlaces), wanted);
      } finally {
        for (const child of children) await child.kill();
        await consumer.stop();
        await world.remove();
      }
    });
  });
});
