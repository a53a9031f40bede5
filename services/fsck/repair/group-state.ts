import { assess, type GroupPosition } from '../../consumer/assignment.js';
import { DeliveryStop } from '../../consumer/errors.js';
import { type CommitMetadata, decodeMetadata, type Intent } from '../../consumer/intent.js';
import { createReadBack, type ReadBack } from '../../consumer/read-back.js';
import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import type { Offsets } from './wrong-places.js';

/** How a consumer would begin with a partition. */
export interface GroupState {
  /** Offsets at which it could not simply go on, and why. */
  wrong: Offsets | undefined;
  why: string | undefined;
  /** A range that was begun and is not done. */
  intent: Intent | undefined;
  /** Of the next repair: above any that rows of this incarnation were inserted under. */
  generation: number;
  /** Whether a consumer could go on at an offset: `batches` ends there. */
  endsAt(offset: number): Promise<boolean>;
}

/** Asks what the consumer itself asks when it is assigned a partition. `next`: the first offset above all of `batches`. */
export async function readGroupState({
  clickhouse,
  database,
  topic,
  partition,
  incarnation,
  position,
  next,
  nowMs,
}: {
  clickhouse: ClickHouseClient;
  database: string;
  topic: string;
  partition: number;
  incarnation: Buffer;
  position: GroupPosition;
  next: number;
  nowMs: () => number;
}): Promise<GroupState> {
  const readBack = createReadBack({ clickhouse, database, incarnation, partition });
  const said = readMetadata(position.metadata);
  const ours = said?.incarnation === incarnation.toString('hex') ? said : undefined;
  return {
    ...(await findWrong({ topic, partition, incarnation, position, readBack, next })),
    intent: ours?.intent && { first: position.offset, ...ours.intent },
    // Where the group has lost its word, the clock is above whatever was counted from nought.
    generation: ours ? ours.generation + 1 : Math.floor(nowMs() / 1_000),
    endsAt: async (offset) => (await readBack.doneAbove(offset)) === offset,
  };
}

async function findWrong({
  position,
  next,
  ...of
}: {
  topic: string;
  partition: number;
  incarnation: Buffer;
  position: GroupPosition;
  readBack: ReadBack;
  next: number;
}): Promise<Pick<GroupState, 'wrong' | 'why'>> {
  try {
    const { start } = await assess({ ...of, position });
    if (start.kind === 'begin') return { wrong: undefined, why: undefined };
    const { first, last } = start.intent;
    const why = `offsets ${first}–${last} were begun and not finished; a consumer does that by itself, unless it stands still there`;
    return { wrong: { first, last: first }, why };
  } catch (error) {
    if (!(error instanceof DeliveryStop)) throw error;
    const why = `the consumer stands still: ${error.code}: ${error.message}`;
    return { wrong: { first: next, last: Math.max(next, position.low - 1) }, why };
  }
}

function readMetadata(text: string): CommitMetadata | undefined {
  try {
    return decodeMetadata(text);
  } catch (error) {
    if (error instanceof DeliveryStop) return undefined;
    throw error;
  }
}
