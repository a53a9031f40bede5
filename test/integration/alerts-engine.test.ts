import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createFindingTable, type Finding } from '../../services/alerts/findings/index.js';
import type { AlertMessage } from '../../services/alerts/findings/message.js';
import { packTexts } from '../../services/alerts/pack/index.js';
import { createLogger } from '../../services/core/log.js';
import { readTopic } from '../../services/core/reading/index.js';
import {
  alertWorld,
  type EngineConfig,
  startTestEngine,
  type TestEngine,
  until,
  writeRules,
} from '../support/alert-engine.js';
import { createLiveWorld, type LiveWorld } from '../support/live-world.js';

const spike = (id: string, count: number): string =>
  JSON.stringify({
    id,
    name: `Spike ${id}`,
    filter: { action: 'auth.failed' },
    condition: { count: `>= ${count}`, window: '5m', groupBy: 'ip' },
  });
const failed = (ip: string) => ({ action: 'auth.failed', outcome: 'failure' as const, ip });

describe('the engine of alerts', () => {
  let live: LiveWorld;
  let config: EngineConfig;
  let engine: TestEngine;
  let findings: () => Promise<Finding[]>;
  const told: string[] = [];

  before(async () => {
    live = await createLiveWorld({ partitions: 2 });
    config = await alertWorld(live.world, { redisDatabase: 5 });
    await writeRules(live.world, [{ text: spike('few', 3) }]);
    await live.startConsumer();
    engine = await startTestEngine(config, {
      tell: async (changes) => void told.push(...changes.map(({ change, finding }) => `${change} ${finding.rule.id}`)),
    });
    const table = createFindingTable({ clickhouse: live.world.clickhouse, database: config.database });
    findings = () => table.open({ owner: '', ruleIds: ['few', 'many'] }, 0);
  });
  after(async () => {
    await engine.stop();
    await live.remove();
  });

  test('finds a spike, stores it, publishes it and has people told', async () => {
    await live.publish(4, 1, failed('198.51.100.1'));
    const [found] = await until(async () => {
      const all = await findings();
      return all[0]?.hits === 2 ? all : undefined;
    }, 'the finding');
    assert.equal(found!.rule.id, 'few');
    assert.equal(found!.organizationId, 'acme');
    assert.deepEqual(found!.group, { names: ['ip'], values: ['198.51.100.1'] });
    assert.equal(found!.events, 4);
    assert.equal(found!.eventIds.length, 4);
    assert.equal(told[0], 'opened few');
    const messages: AlertMessage[] = [];
    const reader = await readTopic({
      kafka: live.world.kafka,
      topic: config.alertsTopic,
      from: new Map([[0, 0]]),
      log: createLogger('test', 'silent'),
      onGap: () => {},
      onRecords: async (_, records) => void messages.push(...records.map(({ value }) => JSON.parse(value.toString()))),
    });
    await until(async () => (messages.length > 0 ? true : undefined), 'the message');
    await reader.stop();
    assert.equal(messages[0]!.change, 'opened');
    assert.equal(messages[0]!.alert.id, found!.id);
    assert.deepEqual(messages[0]!.alert.group, { ip: '198.51.100.1' });
  });

  test('judges by rules that were changed, within a second, from what was stored before', async () => {
    await writeRules(live.world, [{ text: spike('many', 5) }]);
    await until(async () => (engine.directory.active.size === 4 ? true : undefined), 'the rules', 3_000);
    await live.publish(1, 1, failed('198.51.100.1'));
    await until(
      async () => ((await findings()).some(({ rule }) => rule.id === 'many') ? true : undefined),
      'the finding',
    );
    const many = (await findings()).find(({ rule }) => rule.id === 'many')!;
    assert.equal(many.hits, 1);
    assert.equal(many.events, 5);
  });

  test('leaves a built-in rule out for an organization that has switched it off for itself', async () => {
    const { id } = packTexts().at(-1)!;
    await writeRules(live.world, [
      { id, text: spike('for-all', 2) },
      { id, text: spike('for-all', 2), organization: 'acme', enabled: false },
    ]);
    await until(async () => (engine.directory.active.size === 6 ? true : undefined), 'the rules', 3_000);
    for (const organization_id of ['acme', 'globex']) {
      await live.publish(3, 1, { ...failed('198.51.100.40'), organization_id });
    }
    const table = createFindingTable({ clickhouse: live.world.clickhouse, database: config.database });
    const found = (rule: string) => table.open({ owner: '', ruleIds: [rule] }, 0);
    await until(async () => ((await found('for-all')).length > 0 ? true : undefined), 'the finding of globex');
    await until(
      async () => ((await found('few')).some(({ group }) => group.values[0] === '198.51.100.40') ? true : undefined),
      'the finding of acme by another rule',
    );
    assert.deepEqual([...new Set((await found('for-all')).map(({ organizationId }) => organizationId))], ['globex']);
    await writeRules(live.world, [{ id, text: spike('for-all', 2), enabled: false }]);
    await until(async () => (engine.directory.active.size === 4 ? true : undefined), 'the rules', 3_000);
  });

  test('goes on with the running set when one is refused, and says why', async () => {
    await writeRules(live.world, [{ id: 'bad', text: 'title: x\ndetection: {sel: {nonsense: 1}, condition: sel}\n' }]);
    await until(async () => engine.directory.faults.get('')?.[0], 'the fault', 3_000);
    assert.equal(engine.directory.active.size, 4);
    const [fault] = engine.directory.faults.get('')!;
    assert.ok(fault!.line >= 1 && fault!.message.length > 0);
  });
});
