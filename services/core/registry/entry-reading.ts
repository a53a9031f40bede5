import { sameBytes, textOf } from '../wire/bytes.js';
import { WireFault } from '../wire/fault.js';
import { CanonicalReader } from '../wire/reader.js';
import { type EntryKind, entryKinds, type Scope, scopes } from '../wire/symbols.js';

/** One fact of the registry (schemas/registry.avsc). Fields that the kind does not use are empty, zero or []. */
export interface RegistryEntry<Bytes extends Uint8Array = Buffer> {
  audience: string;
  seq: number;
  prev: Bytes;
  /** Microseconds since 1970-01-01T00:00:00Z. */
  created_at: number;
  kind: EntryKind;
  key_id: Bytes;
  algorithm: number;
  public_key: Bytes;
  producer_id: string;
  organizations: string[];
  scopes: Scope[];
  topic: string;
  incarnation: Bytes;
  partitions: number;
  organization_id: string;
  name: string;
}

/** The first ten bytes of a record of the registry topic (schemas/README.md §4). */
const framePrefix = Uint8Array.of(0xc3, 0x01, 0x71, 0x77, 0x49, 0x00, 0x48, 0xbb, 0xc1, 0x0e);

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What stands before an entry in what the root key signs, and in what is hashed for the next entry's `prev`. */
export const entrySignaturePrefix = ascii('sealstream/registry/v1\0');
export const entryHashPrefix = ascii('sealstream/registry-entry/v1\0');

/** Takes a record of the registry topic apart. Strict: throws a WireFault; the signature is for the caller to check. */
export function readSignedEntry<Bytes extends Uint8Array>(value: Bytes): { bytes: Bytes; signature: Bytes } {
  if (!sameBytes(value.subarray(0, framePrefix.length), framePrefix)) {
    throw new WireFault('bad_frame', 'no registry entry');
  }
  const reader = new CanonicalReader(value).window(framePrefix.length, value.length);
  const bytes = value.subarray(reader.byteField(), reader.pos) as Bytes;
  const signature = value.subarray(reader.fixed(64), reader.pos) as Bytes;
  reader.done('the entry');
  return { bytes, signature };
}

/** Strict: throws a WireFault for anything but the canonical encoding. */
export function readEntry<Bytes extends Uint8Array>(bytes: Bytes): RegistryEntry<Bytes> {
  const reader = new CanonicalReader(bytes);
  const text = (): string => textOf(bytes, reader.stringField(), reader.pos);
  const field = (): Bytes => bytes.subarray(reader.byteField(), reader.pos) as Bytes;
  const list = <T>(item: () => T): T[] => {
    const count = reader.arrayCount();
    const items = [];
    for (let at = 0; at < count; at += 1) items.push(item());
    reader.endOfArray(count);
    return items;
  };
  const entry: RegistryEntry<Bytes> = {
    audience: text(),
    seq: reader.long(),
    prev: bytes.subarray(reader.fixed(32), reader.pos) as Bytes,
    created_at: reader.long(),
    kind: entryKinds[reader.enumeration(entryKinds.length)]!,
    key_id: field(),
    algorithm: reader.long(),
    public_key: field(),
    producer_id: text(),
    organizations: list(text),
    scopes: list(() => scopes[reader.enumeration(scopes.length)]!),
    topic: text(),
    incarnation: field(),
    partitions: reader.long(),
    organization_id: text(),
    name: text(),
  };
  reader.done('the entry');
  return entry;
}
