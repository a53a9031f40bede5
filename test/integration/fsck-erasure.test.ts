import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createLogger } from '../../services/core/log.js';
import type { Difference } from '../../services/fsck/difference.js';
import { applyRepair } from '../../services/fsck/repair/apply.js';
import { makeRepairPlan } from '../../services/fsck/repair/make-plan.js';
import { type FsckDeployment, runFsck } from '../../services/fsck/run.js';
import { createErasingWorld, type ErasingWorld } from '../support/erasing.js';
import { startConsumerOf } from '../support/gateway-consumer.js';

describe('fsck, where something was erased', () => {
  let world: ErasingWorld;
  before(async () => {
    world = await createErasingWorld({ partitions: 1 });
  });
  after(() => world.close());

  const deployment = (): FsckDeployment => {
    const { config, kafka, clickhouse, group } = world;
    const { clickhouseDatabase: database } = config.addresses;
    return { clickhouse, database, kafka, topics: config.topics, groupId: group, deployment: config.deployment };
  };
  const running = { logger: createLogger('fsck', 'silent'), signal: new AbortController().signal };
  const differences = async (): Promise<string[]> => {
    const found: Difference[] = [];
    await runFsck(deployment(), { withKafka: true, report: (one) => void found.push(one), ...running });
    return found.map(({ kind, step, place }) => `${kind}:${step} ${place.index}`);
  };

  test('an erasure that a signed event names is no difference, and one that nobody signed is', async () => {
    const event = (name: string) => ({
      organization_id: 'acme',
      action: 'member.invited',
      actor: { id: `usr_${name}`, name, email: `${name}@example.org` },
    });
    await world.publish([event('ada'), event('bob'), event('carl')]);
    await world.until(await world.erase({ subject: { actor_id: 'usr_bob' }, organization: 'acme' }));
    const [row] = await world.rows<{ email: string }>(
      `SELECT actor_email AS email FROM events WHERE actor_id = 'usr_bob'`,
    );
    assert.equal(row!.email, '');
    assert.deepEqual(await differences(), []);
    await world.clickhouse.command({
      query: `ALTER TABLE events UPDATE actor_name = '', actor_email = '', identity_digest = unhex(repeat('ab', 32))
        WHERE actor_id = 'usr_carl'`,
      clickhouse_settings: { mutations_sync: '2' },
    });
    assert.deepEqual(await differences(), ['event_altered:leaf 2']);
  });

  test('what a repair has written anew stays erased', async () => {
    const seen =
      'SELECT toString(id) AS id, actor_id, actor_name, actor_email FROM events ORDER BY partition, offset, idx';
    const edited = await world.rows<{ actor_id: string; actor_name: string }>(seen);
    await world.consumer.stop();
    const plan = await makeRepairPlan(deployment(), { report: () => {}, ...running });
    await applyRepair(deployment(), plan, running);
    world.consumer = await startConsumerOf(world, world.group);
    await world.published(edited.map((row) => (row as unknown as { id: string }).id));
    const rebuilt = await world.rows<{ actor_id: string; actor_name: string }>(seen);
    const named = (name: string) => rebuilt.find(({ actor_id }) => actor_id === name);
    assert.equal(rebuilt.length, edited.length);
    assert.equal(named('usr_carl')!.actor_name, 'carl', 'what nobody signed is as it was signed');
    assert.ok(!JSON.stringify(rebuilt).includes('bob@example.org'), 'and what was erased is not there');
    assert.deepEqual(await differences(), []);
  });
});
