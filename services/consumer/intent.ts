import { DeliveryStop, remedy } from './errors.js';

/** A range that will be inserted: written to Kafka, as metadata of the group's offset, before the first of its rows. */
export interface Intent {
  /** Offset of its first record: the group's offset itself. */
  first: number;
  last: number;
  /** `rangeDigest` of its records, hex. */
  digest: string;
}

/** What a commit of the group says beside the offset. Without an intent: every record below the offset is done. */
export interface CommitMetadata {
  /** Of the topic, hex: offsets of another incarnation mean other records. */
  incarnation: string;
  /** Raised by a repair, because ClickHouse remembers the tokens of rows that were deleted. */
  generation: number;
  intent?: Omit<Intent, 'first'>;
}

/** Kafka's default for `offset.metadata.max.bytes`. */
export const maxMetadataBytes = 4_096;

interface Written {
  v: 1;
  incarnation: string;
  generation: number;
  last?: number;
  digest?: string;
}

/** JSON, so that `kafka-consumer-groups` and people can read it. */
export function encodeMetadata({ incarnation, generation, intent }: CommitMetadata): string {
  const written: Written = { v: 1, incarnation, generation, ...intent };
  const text = JSON.stringify(written);
  if (Buffer.byteLength(text) > maxMetadataBytes) {
    throw new RangeError(`offset metadata of ${Buffer.byteLength(text)} bytes; Kafka takes ${maxMetadataBytes}`);
  }
  return text;
}

/** Strict. Throws `intent_unreadable` for anything that `encodeMetadata` did not write. */
export function decodeMetadata(text: string): CommitMetadata {
  const refuse = (): never => {
    throw new DeliveryStop(
      'intent_unreadable',
      `the consumer group's offset carries metadata that this version did not write: ${text.slice(0, 200)}. ` +
        'Another program commits to this group, or a newer version ran: give this consumer a group of its own or run the newer version. ' +
        `Where it was a slip of the hand: ${remedy}`,
    );
  };
  let written: Partial<Written>;
  try {
    written = JSON.parse(text) as Partial<Written>;
  } catch {
    return refuse();
  }
  const { v, incarnation, generation, last, digest } = written ?? {};
  if (v !== 1 || !isHex(incarnation, 32) || !isCount(generation)) return refuse();
  if (last === undefined && digest === undefined) return { incarnation, generation };
  if (!isCount(last) || !isHex(digest, 64)) return refuse();
  return { incarnation, generation, intent: { last, digest } };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isHex = (value: unknown, digits: number): value is string =>
  typeof value === 'string' && value.length === digits && /^[0-9a-f]*$/.test(value);

/** Names a block for ClickHouse's deduplication: the same token is the same rows (WIRE §6). */
export function insertToken({
  incarnation,
  partition,
  intent: { first, last, digest },
  generation,
  table,
}: {
  incarnation: string;
  partition: number;
  intent: Intent;
  generation: number;
  table: string;
}): string {
  return [incarnation, partition, `${first}-${last}`, digest, generation, table].join('/');
}
