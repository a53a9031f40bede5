import type { ErasureList } from '../judge/index.js';
import type { KeyGrant } from '../registry/index.js';
import { type BatchRow, type EventRow, rowToWire } from '../rows/index.js';
import { expandSalts, leafHash, partDigest } from '../seal/index.js';
import { type EventParts, encodeEvent, type Header } from '../wire/index.js';
import { StepFailure } from './step.js';

/** The record is there once, and the row is one that it took in. */
export function recordStep(row: EventRow, batches: BatchRow[]): BatchRow {
  const [batch] = batches;
  const where = `partition ${row.partition}, offset ${row.offset}`;
  if (!batch) throw new StepFailure('record', `no record is stored for ${where}`);
  if (batches.length > 1) throw new StepFailure('record', `more than one record is stored for ${where}`);
  if (batch.disposition === 'quarantined' || !batch.accepted.includes(row.idx)) {
    throw new StepFailure('record', `the record at ${where} took in no event at index ${row.idx}`);
  }
  return batch;
}

export function permissionStep({ scope, organization_id }: EventRow, grant: KeyGrant): void {
  const speaks = organization_id === '' || grant.organizations.has('*') || grant.organizations.has(organization_id);
  if (!speaks) throw new StepFailure('key', `the key may not speak for organization ${organization_id}`);
  if (!grant.scopes.has(scope)) throw new StepFailure('key', `the key may not write scope ${scope}`);
}

/** Row → wire → leaf. `erasures` says which missing parts an erasure event accounts for. */
export function leafStep(row: EventRow, batch: BatchRow, erasures: ErasureList): void {
  if (row.malformed.length > 0) {
    throw new StepFailure('leaf', `${row.malformed.join(', ')} holds what no signed event can`);
  }
  const parts = encoded(row);
  const salts = saltsOf(batch, row.idx);
  const hash = batch.header_hash.toString('hex');
  const digest = (part: 'identity' | 'content', saltAt: number, stored: Buffer): Buffer => {
    if (stored.length === 0) return partDigest(salts.subarray(saltAt, saltAt + 16), parts[part]);
    if (parts[part].length > 0) throw new StepFailure('leaf', `the ${part} is marked as erased and is still there`);
    if (!erasures(hash, row.idx, part)) {
      throw new StepFailure('leaf', `the ${part} was taken out and no erasure event names it`);
    }
    return stored;
  };
  const leaf = leafHash(
    parts.body,
    digest('identity', 0, row.identity_digest),
    digest('content', 16, row.content_digest),
  );
  if (!leaf.equals(batch.leaves.subarray(row.idx * 32, row.idx * 32 + 32))) {
    throw new StepFailure('leaf', 'the row is not what was signed: encoded again it gives another leaf');
  }
}

/** A value that an altered row holds may have no encoding at all. */
function encoded(row: EventRow): EventParts {
  try {
    return encodeEvent(rowToWire(row));
  } catch (error) {
    throw new StepFailure('leaf', `the row holds what cannot be encoded: ${(error as Error).message}`);
  }
}

/** The event's two salts, from the seed or, where something of the record was erased, from what is left. */
function saltsOf({ salt_seed, salts, count }: BatchRow, idx: number): Buffer {
  if (salt_seed.length === 32) return expandSalts(salt_seed, count).subarray(idx * 32, idx * 32 + 32);
  if (salts.length === count * 32) return salts.subarray(idx * 32, idx * 32 + 32);
  throw new StepFailure('leaf', "the record's salts are gone or of the wrong length");
}

export function placeStep(row: EventRow, batch: BatchRow, header: Header): void {
  const differing = [
    ...(row.lane === header.lane ? [] : ['lane']),
    ...(row.seq === header.first_seq + row.idx ? [] : ['seq']),
    ...(row.append_time === batch.append_time ? [] : ['append_time']),
  ];
  if (differing.length > 0) {
    throw new StepFailure('place', `the row's ${differing.join(', ')} is not that of its record`);
  }
}
