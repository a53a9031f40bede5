import { type ArrayStyle, encodeAvro, type Schema, type VarintSpan, varintsOf } from '../avro.js';
import { ed25519Sign } from '../edwards.js';
import { merkleTreeHash } from '../merkle.js';
import { encodeErasedBatch, encodeHeader, encodeSignedBatch, leafOf, signedBytes } from '../reference.js';
import type { ErasedEventParts, EventParts, HeaderFields } from '../wire-types.js';
import { bytesFor, headerFields, rawEvent, SEEDS } from './material.js';

/** A record in which anything may be wrong while everything around it stays right: root and signature follow the change. */
export interface Draft {
  events?: EventParts[];
  /** Set last, so `root` and `count` given here stand. */
  header?: Partial<HeaderFields>;
  seed?: Buffer;
  changeHeader?: (header: Buffer) => Buffer;
  changeSignature?: (signature: Buffer, header: Buffer) => Buffer;
  arrays?: ArrayStyle;
}

export const SALT_SEED = bytesFor('salt_seed', 32);

export interface Drafted {
  header: Buffer;
  signature: Buffer;
  value: Buffer;
}

export function draft({ events = [rawEvent()], header = {}, seed = SEEDS.gateway, ...change }: Draft = {}): Drafted {
  const root = merkleTreeHash(events.map((event, index) => leafOf(event, SALT_SEED, index)));
  const encoded = encodeHeader(headerFields({ count: events.length, root, ...header }));
  const headerBytes = change.changeHeader?.(encoded) ?? encoded;
  const honest = ed25519Sign(seed, signedBytes(headerBytes));
  const signature = change.changeSignature?.(honest, headerBytes) ?? honest;
  const batch = { header: headerBytes, salt_seed: SALT_SEED, events, signature };
  return { header: headerBytes, signature, value: encodeSignedBatch(batch, change.arrays) };
}

/** The erased twin of a drafted record, with the parts as given. */
export function eraseDraft({ header, signature }: Drafted, events: ErasedEventParts[], arrays?: ArrayStyle): Buffer {
  return encodeErasedBatch({ header, events, signature }, arrays);
}

/** Everything behind the ten bytes of prefix changed. */
export function changeBehindPrefix(value: Buffer, change: (bytes: Buffer) => Buffer): Buffer {
  return Buffer.concat([value.subarray(0, 10), change(value.subarray(10))]);
}

/** The same number in one byte more. */
export function padVarint(bytes: Buffer, { end }: VarintSpan): Buffer {
  const last = (bytes[end - 1] ?? 0) + 128;
  return Buffer.concat([bytes.subarray(0, end - 1), Buffer.from([last, 0]), bytes.subarray(end)]);
}

export function setVarint(bytes: Buffer, { start, end }: VarintSpan, value: bigint): Buffer {
  return putBytes(bytes, { start, end }, encodeAvro('long', value));
}

export function putBytes(bytes: Buffer, { start, end }: { start: number; end: number }, put: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, start), put, bytes.subarray(end)]);
}

export function spanAt(schema: Schema, bytes: Buffer, path: string): VarintSpan {
  const span = varintsOf(schema, bytes).find((candidate) => candidate.path === path);
  if (span === undefined) throw new Error(`no varint at ${path}`);
  return span;
}
