import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import kafkajs, { type Admin } from 'kafkajs';
import { TopicSettingError } from '../../infra/kafka/errors.js';
import { ensureTopics, eventsTopic, registryTopic } from '../../infra/kafka/topics.js';
import { createTestKafka, uniqueName } from '../support/stack.js';

describe('topics', () => {
  const kafka = createTestKafka();
  let admin: Admin;
  const made: string[] = [];

  const newTopic = () => {
    const topic = uniqueName('audit.topics', '.');
    made.push(topic);
    return topic;
  };
  const settingsOf = async (topic: string) => {
    const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }];
    const answer = await admin.describeConfigs({ includeSynonyms: false, resources });
    return new Map(answer.resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]));
  };

  before(async () => {
    admin = kafka.admin();
    await admin.connect();
  });
  after(async () => {
    await admin.deleteTopics({ topics: made });
    await admin.disconnect();
  });

  test('are created with append time, without compaction, the registry for ever', async () => {
    const plans = [eventsTopic({ topic: newTopic(), partitions: 3 }), registryTopic({ topic: newTopic() })] as const;
    const ensured = await ensureTopics({ admin, topics: plans });
    assert.deepEqual(ensured, [
      { topic: plans[0].topic, created: true, partitions: 3 },
      { topic: plans[1].topic, created: true, partitions: 1 },
    ]);
    for (const { topic } of plans) {
      const settings = await settingsOf(topic);
      assert.equal(settings.get('message.timestamp.type'), 'LogAppendTime');
      assert.equal(settings.get('cleanup.policy'), 'delete');
      assert.equal(settings.get('max.message.bytes'), '1100000');
      assert.equal(settings.get('unclean.leader.election.enable'), 'false');
    }
    assert.equal((await settingsOf(plans[0].topic)).get('retention.ms'), '604800000');
    assert.equal((await settingsOf(plans[1].topic)).get('retention.ms'), '-1');
    assert.equal((await settingsOf(plans[1].topic)).get('retention.bytes'), '-1');
  });

  test('that exist are kept as they are, whatever number of partitions the plan says', async () => {
    const topic = newTopic();
    await ensureTopics({ admin, topics: [eventsTopic({ topic, partitions: 2 })] });
    const again = await ensureTopics({ admin, topics: [eventsTopic({ topic, partitions: 5 })] });
    assert.deepEqual(again, [{ topic, created: false, partitions: 2 }]);
  });

  test('are made once when two start together', async () => {
    const topics = [eventsTopic({ topic: newTopic(), partitions: 2 })];
    const both = await Promise.all([ensureTopics({ admin, topics }), ensureTopics({ admin, topics })]);
    assert.deepEqual(
      both.map(([ensured]) => ensured?.partitions),
      [2, 2],
    );
  });

  const wrongSettings = [
    { setting: 'message.timestamp.type', found: 'CreateTime', needed: 'LogAppendTime' },
    { setting: 'cleanup.policy', found: 'compact', needed: 'delete' },
    { setting: 'max.message.bytes', found: '1000', needed: '1100000' },
  ];
  for (const { setting, found, needed } of wrongSettings) {
    test(`with ${setting}=${found} are refused by name, with the way to change it`, async () => {
      const topic = newTopic();
      const configEntries = [
        { name: 'message.timestamp.type', value: 'LogAppendTime' },
        { name: 'max.message.bytes', value: '1100000' },
        { name: setting, value: found },
      ];
      await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] });
      await assert.rejects(ensureTopics({ admin, topics: [eventsTopic({ topic })] }), (error) => {
        assert.ok(error instanceof TopicSettingError);
        assert.deepEqual(
          { topic: error.topic, setting: error.setting, found: error.found, needed: error.needed },
          { topic, setting, found, needed },
        );
        assert.match(error.message, new RegExp(`--alter --topic ${topic} --add-config ${setting}=${needed}`));
        return true;
      });
    });
  }

  test('a registry of two partitions is refused: its entries are one sequence', async () => {
    const topic = newTopic();
    const plan = registryTopic({ topic });
    const configEntries = Object.entries(plan.settings).map(([name, { value }]) => ({ name, value }));
    await admin.createTopics({ topics: [{ topic, numPartitions: 2, configEntries }] });
    await assert.rejects(ensureTopics({ admin, topics: [plan] }), { code: 'topic_setting', setting: 'partitions' });
  });
});
