import { type GroupPosition, readGroupPositions } from '../../consumer/assignment.js';
import { originOf } from '../../core/log-folder/index.js';
import type { createLogCheck } from '../check-log.js';
import type { Difference, Report } from '../difference.js';
import type { Fsck } from '../fsck.js';
import type { KafkaPartition } from '../read-kafka.js';
import { type FsckDeployment, runFsck } from '../run.js';
import { assertGroupIsEmpty } from './group.js';
import { type GroupState, readGroupState } from './group-state.js';
import { type Expected, findFloors } from './kafka-truth.js';
import { decideRebuild, type Floor, type PartitionPlan, type RepairPlan } from './plan.js';
import { createRepairRows } from './rows.js';
import { createWrongPlaces, type Offsets, type Wrong } from './wrong-places.js';

export type RepairLog = ReturnType<typeof createLogCheck>;

/** A partition of the topic in which something is wrong. */
interface Broken extends KafkaPartition {
  incarnation: Buffer;
  wrong: Offsets[];
  differing: readonly Offsets[];
  found: string[];
  /** The first offset above all of `batches`. */
  next: number;
  group: GroupState;
  /** The first offset that the log does not hold. */
  sealedTo: number;
}

/**
 * Runs fsck with Kafka and says what a repair would do. Changes nothing. Throws a RepairStopped while the consumer's group has members: what is
 * stored would change meanwhile.
 */
export async function makeRepairPlan(
  deployment: FsckDeployment,
  {
    openLog = () => undefined,
    onlyPartition,
    report,
    nowMs = Date.now,
    ...running
  }: Pick<Parameters<typeof runFsck>[1], 'onlyPartition' | 'onProgress' | 'logger' | 'signal'> & {
    /** The log as it is trusted. Without one, a record that Kafka holds otherwise than the tables is never taken for the right one. */
    openLog?: (report: Report) => RepairLog | undefined;
    /** Hears every difference that fsck finds. */
    report: Report;
    nowMs?: () => number;
  },
): Promise<RepairPlan> {
  const { clickhouse, database, kafka, groupId, topics } = deployment;
  await assertGroupIsEmpty({ kafka, groupId });
  const places = createWrongPlaces();
  const add: Report = (difference) => {
    places.add(difference);
    report(difference);
  };
  const log = openLog(add);
  const found = await runFsck(deployment, { ...running, withKafka: true, log, onlyPartition, report: add });
  const held = found.kafka!;
  const positions = await readPositions(deployment);
  const wrong = places.all();
  const broken: Broken[] = [];
  for (const partition of held) {
    if (onlyPartition !== undefined && partition.partition !== onlyPartition) continue;
    const own = await lookAt(partition, { found, wrong, positions, log, deployment, nowMs });
    if (own) broken.push(own);
  }
  const floors = await findFloors({
    kafka,
    topic: topics.events,
    held,
    expected: broken.flatMap((one) => expectedOf(one, log)),
    log: running.logger,
    signal: running.signal,
  });
  const rows = createRepairRows({ clickhouse, database, signal: running.signal });
  const partitions: PartitionPlan[] = [];
  for (const one of broken) {
    const shard = places.shards.get(originOf(deployment.deployment.audience, one));
    const floor = floorOf(one, floors.get(one.partition), shard);
    partitions.push(await planPartition(one, floor, rows));
  }
  const shards = [...places.shards].map(([origin, { kind, detail }]) => `${origin}: ${kind}: ${detail}`);
  return { partitions, beside: [...besideOf(wrong, found.incarnation, held), ...shards] };
}

async function readPositions({ kafka, groupId, topics }: FsckDeployment): Promise<Map<number, GroupPosition>> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await readGroupPositions({ admin, groupId, topic: topics.events });
  } finally {
    await admin.disconnect();
  }
}

/** Undefined where nothing is wrong with the partition. */
async function lookAt(
  held: KafkaPartition,
  {
    found: { incarnation, partitions },
    wrong,
    positions,
    log,
    deployment: { clickhouse, database, topics },
    nowMs,
  }: {
    found: Fsck & { incarnation: Buffer };
    wrong: readonly Wrong[];
    positions: ReadonlyMap<number, GroupPosition>;
    log: RepairLog | undefined;
    deployment: FsckDeployment;
    nowMs: () => number;
  },
): Promise<Broken | undefined> {
  const { partition } = held;
  const stored = partitions.find((one) => one.partition === partition && one.incarnation.equals(incarnation));
  const next = stored?.next ?? 0;
  const group = await readGroupState({
    clickhouse,
    database,
    topic: topics.events,
    partition,
    incarnation,
    position: positions.get(partition)!,
    next,
    nowMs,
  });
  const own = wrong.find((one) => one.partition === partition && one.incarnation === incarnation.toString('hex'));
  if (!own && !group.wrong) return undefined;
  return {
    ...held,
    incarnation,
    // A row above everything, of which `batches` knows nothing, is no reason to begin there: the consumer begins where `batches` ends.
    wrong: [...(own?.offsets ?? []), ...(group.wrong ? [group.wrong] : [])].map(({ first, last }) => ({
      first: Math.min(first, next),
      last: Math.max(Math.min(first, next), Math.min(last, held.high)),
    })),
    differing: own?.differing ?? [],
    found: [...(own ? [kindsOf(own)] : []), ...(group.why ? [group.why] : [])],
    next,
    group,
    sealedTo: (await log?.sealedTo({ incarnation, partition })) ?? 0,
  };
}

const kindsOf = ({ kinds }: Wrong): string => [...kinds].map(([kind, count]) => `${count} × ${kind}`).join(', ');

/** What Kafka must be read for. */
function expectedOf(
  { partition, low, high, wrong, next, sealedTo, ...one }: Broken,
  log: RepairLog | undefined,
): Expected[] {
  const { incarnation, group, differing } = one;
  const from = Math.max(low, Math.min(...wrong.map(({ first }) => first)));
  const to = Math.min(high, Math.max(next, sealedTo, group.intent ? group.intent.last + 1 : 0));
  if (from >= to) return [];
  const sealed = log && ((offset: number) => log.sealed({ incarnation, partition }, offset));
  return [{ partition, from, to, sealed, differing, intent: group.intent }];
}

/** From where on Kafka gives everything back. */
function floorOf(
  { low, high, next, sealedTo, group }: Broken,
  truth: Floor | undefined,
  shard: Difference | undefined,
): Floor {
  const never = (why: string): Floor => ({ offset: Number.MAX_SAFE_INTEGER, why });
  // A log that contradicts itself says nothing of what was sealed.
  if (shard && shard.kind !== 'checkpoint_missing')
    return never(`the log of the partition is not to be believed: ${shard.kind}: ${shard.detail}`);
  const lost = (what: string, end: number): Floor =>
    never(
      `Kafka ends at offset ${high}, and ${what} up to offset ${end - 1}: the topic lost records or was made again, and what is deleted would not come back`,
    );
  if (next > high) return lost('records are stored', next);
  if (sealedTo > high) return lost('records were sealed', sealedTo);
  if (group.intent && group.intent.last >= high) return lost('the consumer had begun', group.intent.last + 1);
  const begins = { offset: low, why: `Kafka begins at offset ${low} and has let go of what is below` };
  return truth && truth.offset > low ? truth : begins;
}

async function planPartition(
  { partition, incarnation, high, wrong, found, group }: Broken,
  floor: Floor,
  rows: ReturnType<typeof createRepairRows>,
): Promise<PartitionPlan> {
  const plan = { incarnation: incarnation.toString('hex'), partition, found };
  const { from, refused } = decideRebuild(wrong, floor);
  if (from === undefined) return { ...plan, rebuild: undefined, refused };
  const lacking = from > 0 && (await lackingBelow(from, floor, group));
  if (lacking) {
    const why = `the record at offset ${from - 1} ${lacking}, and ${floor.why}: a consumer could not go on above it`;
    const rest = wrong
      .filter(({ last }) => last >= from)
      .map((one) => ({ ...one, first: Math.max(one.first, from), why }));
    return { ...plan, rebuild: undefined, refused: [...refused, ...rest] };
  }
  const counts = await rows.counts({ incarnation: plan.incarnation, partition, from });
  const { generation } = group;
  return { ...plan, rebuild: { from, rows: counts, records: Math.max(0, high - from), generation }, refused };
}

/** Why a consumer would not begin here: it wants the record below stored, and in Kafka, if that holds it, the same. */
async function lackingBelow(from: number, floor: Floor, group: GroupState): Promise<string | undefined> {
  if (!(await group.endsAt(from))) return 'is not stored';
  return floor.isDoubtful && from === floor.offset ? 'is not the one that Kafka holds' : undefined;
}

/** What no record of the topic as it is now stands behind. */
function besideOf(wrong: readonly Wrong[], incarnation: Buffer, held: readonly KafkaPartition[]): string[] {
  return wrong.flatMap((one) => {
    const where = `partition ${one.partition} of ${one.incarnation.slice(0, 8)}`;
    if (one.incarnation !== incarnation.toString('hex')) {
      return [`${where}: ${kindsOf(one)}: of an earlier incarnation of the topic, whose records Kafka no longer holds`];
    }
    if (held.some(({ partition }) => partition === one.partition)) return [];
    return [`${where}: ${kindsOf(one)}: the topic has no such partition`];
  });
}
