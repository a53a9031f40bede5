import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createLogger } from '../../services/core/log.js';
import type { Difference } from '../../services/fsck/difference.js';
import { runFsck } from '../../services/fsck/run.js';
import { createErasingWorld, type ErasingWorld } from '../support/erasing.js';

describe('fsck, where something was erased', () => {
  let world: ErasingWorld;
  before(async () => {
    world = await createErasingWorld({ partitions: 1 });
  });
  after(() => world.close());

  const differences = async (): Promise<string[]> => {
    const { config, kafka, clickhouse, group } = world;
    const found: Difference[] = [];
    await runFsck(
      {
        clickhouse,
        database: config.addresses.clickhouseDatabase,
        kafka,
        topics: config.topics,
        groupId: group,
        deployment: config.deployment,
      },
      {
        withKafka: true,
        report: (one) => void found.push(one),
        logger: createLogger('fsck', 'silent'),
        signal: new AbortController().signal,
      },
    );
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
});
