import type { EventToShow } from '../../../core/evidence/index.js';
import { type BatchRow, type EventRow, rowToWire } from '../../../core/rows/index.js';
import { expandSalts } from '../../../core/seal/index.js';
import { type ErasablePart, encodeEvent } from '../../../core/wire/index.js';
import { Problem } from '../../errors.js';

const none = Buffer.alloc(0);

/** A stored event as a bundle shows it. Throws a conflict Problem for a row that holds what no signed event can. */
export function shownEvent(row: EventRow, batch: BatchRow): EventToShow {
  let parts: ReturnType<typeof encodeEvent>;
  try {
    if (row.malformed.length > 0) throw new Error(`${row.malformed.join(', ')} is malformed`);
    parts = encodeEvent(rowToWire(row));
  } catch (error) {
    throw altered(row, error);
  }
  const salts = batch.salt_seed.length === 32 ? expandSalts(batch.salt_seed, batch.count) : batch.salts;
  const erasable = (name: 'identity' | 'content', saltAt: number): ErasablePart => {
    const digest = row[`${name}_digest`];
    if (digest.length > 0) return { tag: 'digest', data: digest };
    if (parts[name].length === 0) return { tag: 'empty', data: none };
    const from = row.idx * 32 + saltAt;
    return { tag: 'salted', data: Buffer.concat([salts.subarray(from, from + 16), parts[name]]) };
  };
  if (row.identity_digest.length % 32 !== 0 || row.content_digest.length % 32 !== 0) throw altered(row, 'a digest');
  return { index: row.idx, body: parts.body, identity: erasable('identity', 0), content: erasable('content', 16) };
}

const altered = ({ partition, offset, idx }: EventRow, cause: unknown): Problem =>
  new Problem(
    'conflict',
    `the event stored for partition ${partition}, offset ${offset}, index ${idx} is not one that can have been signed: ask for its verdict`,
    { cause },
  );
