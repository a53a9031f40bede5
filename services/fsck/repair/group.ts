import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import { RepairStopped } from './errors.js';

interface Group {
  kafka: Kafka;
  groupId: string;
}

export interface Member {
  id: string;
  /** `sealstream-consumer at 10.0.0.7`. */
  name: string;
}

export async function groupMembers({ kafka, groupId }: Group): Promise<Member[]> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const { groups } = await admin.describeGroups([groupId]);
    return (groups[0]?.members ?? []).map(({ memberId, clientId, clientHost }) => ({
      id: memberId,
      name: `${clientId} at ${clientHost.replace(/^\//, '')}`,
    }));
  } finally {
    await admin.disconnect();
  }
}

/** Throws where somebody is in the group. */
export async function assertGroupIsEmpty(group: Group): Promise<void> {
  throwIfInUse(group, await groupMembers(group));
}

function throwIfInUse({ groupId }: Group, members: readonly Member[]): void {
  if (members.length === 0) return;
  throw new RepairStopped(
    'group_in_use',
    `the consumer group ${groupId} has ${members.length === 1 ? 'a member' : `${members.length} members`}: ` +
      `${members.map(({ name }) => name).join(', ')}. Stop the consumer on every machine (npm start runs it, too), then call this again; ` +
      'one that was killed leaves the group after its session timeout, 15 seconds. Nothing was changed.',
  );
}

/** Of joining, in which a broker that lost its coordinator may take its time. */
const joinTimeoutMs = 60_000;

/**
 * Commits as the only member of the group, because Kafka's administration knows no commit with metadata, and reads it back. Fetches
 * nothing: all partitions are paused when the member joins.
 */
export async function commitAlone(
  { kafka, groupId, topic }: Group & { topic: string },
  commits: readonly { partition: number; offset: number; metadata: string }[],
): Promise<void> {
  const consumer = kafka.consumer({
    groupId,
    allowAutoTopicCreation: false,
    retry: { retries: 5, restartOnFailure: async () => false },
  });
  const joined = new Promise<string>((resolve, reject) => {
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      consumer.pause([{ topic, partitions: payload.memberAssignment[topic] ?? [] }]);
      resolve(payload.memberId);
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
  });
  joined.catch(() => {});
  const timeout = new AbortController();
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: async () => {} });
    const late = sleep(joinTimeoutMs, undefined, { signal: timeout.signal }).then(() => {
      throw new RepairStopped('not_committed', `the group ${groupId} could not be joined within ${joinTimeoutMs} ms`);
    });
    late.catch(() => {});
    const own = await Promise.race([joined, late]);
    // Whoever joins from here on makes the group rebalance, and reads what is committed below.
    throwIfInUse(
      { kafka, groupId },
      (await groupMembers({ kafka, groupId })).filter(({ id }) => id !== own),
    );
    await consumer.commitOffsets(commits.map(({ offset, ...rest }) => ({ ...rest, topic, offset: String(offset) })));
  } finally {
    timeout.abort();
    await consumer.disconnect();
  }
  await assertGroupIsEmpty({ kafka, groupId });
  await assertCommitted({ kafka, groupId, topic }, commits);
}

/** kafkajs resolves also where a commit was not made. */
async function assertCommitted(
  { kafka, groupId, topic }: Group & { topic: string },
  commits: readonly { partition: number; offset: number; metadata: string }[],
): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const [held] = await admin.fetchOffsets({ groupId, topics: [topic] });
    for (const { partition, offset, metadata } of commits) {
      const own = held?.partitions.find((one) => one.partition === partition);
      if (own?.offset === String(offset) && own.metadata === metadata) continue;
      throw new RepairStopped(
        'not_committed',
        `the group ${groupId} stands at offset ${own?.offset} of partition ${partition}, not at ${offset}: somebody else commits to it. No row was deleted.`,
      );
    }
  } finally {
    await admin.disconnect();
  }
}
