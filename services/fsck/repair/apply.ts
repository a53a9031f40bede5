import { encodeMetadata } from '../../consumer/intent.js';
import type { FsckDeployment } from '../run.js';
import { assertGroupIsEmpty, commitAlone } from './group.js';
import { type RepairPlan, type RepairTable, repairTables } from './plan.js';
import { createRepairRows } from './rows.js';

/** Between these a crash can fall. Tests end the repair at each of them. */
export type RepairStep = 'before_commit' | 'after_commit' | `after_${RepairTable}`;

/**
 * Sends the consumer back, then deletes. In this order, so that a crash in between leaves rows above the group's offset without an intent:
 * before such rows a consumer stands still, and another repair finishes. The other way round, rows whose table was emptied could be taken for rows
 * that were never written, under tokens that ClickHouse remembers. The committed generation makes other tokens of the same blocks.
 */
export async function applyRepair(
  { clickhouse, database, kafka, topics, groupId }: FsckDeployment,
  { partitions }: RepairPlan,
  {
    onStep = () => {},
    signal,
  }: {
    onStep?: (step: RepairStep, partition: number) => void;
    signal: AbortSignal;
  },
): Promise<void> {
  const begun = partitions.flatMap(({ rebuild, ...rest }) => (rebuild ? [{ ...rest, ...rebuild }] : []));
  if (begun.length === 0) return;
  const rows = createRepairRows({ clickhouse, database, signal });
  onStep('before_commit', begun[0]!.partition);
  await assertGroupIsEmpty({ kafka, groupId });
  await commitAlone(
    { kafka, groupId, topic: topics.events },
    begun.map(({ partition, incarnation, from, generation }) => ({
      partition,
      offset: from,
      metadata: encodeMetadata({ incarnation, generation }),
    })),
  );
  onStep('after_commit', begun[0]!.partition);
  await rows.settled();
  for (const { partition, incarnation, from } of begun) {
    for (const table of repairTables) {
      signal.throwIfAborted();
      await rows.remove(table, { incarnation, partition, from });
      onStep(`after_${table}`, partition);
    }
  }
}
