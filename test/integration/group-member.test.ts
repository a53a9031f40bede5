import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '../../services/core/log.js';
import { type GroupMember, joinGroup } from '../../services/core/reading/index.js';
import { quickFetch } from '../support/delivering.js';
import { createTestKafka, createTestTopics, uniqueName } from '../support/stack.js';

test('members of a group are given a partition within seconds after it was added', async (t) => {
  const kafka = createTestKafka();
  const topics = await createTestTopics({ partitions: 1, kafka });
  const members: GroupMember[] = [];
  t.after(async () => {
    for (const member of members) await member.stop();
    await topics.remove();
  });
  const assigned = [new Set<number>(), new Set<number>()];
  for (const mine of assigned) {
    const member = await joinGroup({
      kafka,
      topic: topics.events,
      groupId: `group-${topics.events}`,
      settings: quickFetch,
      onJoin(partitions) {
        mine.clear();
        for (const partition of partitions) mine.add(partition);
      },
      onLost: () => {},
      onProof: () => {},
      eachBatch: async () => {},
      log: createLogger(uniqueName('member'), 'silent'),
    });
    members.push(member);
  }
  const all = async (partitions: number, timeoutMs: number): Promise<void> => {
    const until = Date.now() + timeoutMs;
    while (assigned[0]!.size + assigned[1]!.size < partitions) {
      assert.ok(Date.now() < until, `${partitions} partitions are assigned`);
      await sleep(50);
    }
  };
  await all(1, 30_000);
  const admin = kafka.admin();
  await admin.connect();
  await admin.createPartitions({ topicPartitions: [{ topic: topics.events, count: 4 }] });
  await admin.disconnect();
  await all(4, 20_000);
});
