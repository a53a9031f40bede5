import { sameBytes, textOf } from './bytes.js';
import { WireFault } from './fault.js';
import { limits } from './limits.js';
import { CanonicalReader } from './reader.js';
import { type RecordKind, recordKinds } from './symbols.js';

/** What a batch signature covers (schemas/README.md §3). */
export interface Header<Bytes extends Uint8Array = Buffer> {
  audience: string;
  producer_id: string;
  key_id: Bytes;
  epoch: Bytes;
  lane: number;
  lanes: number;
  partition: number;
  kind: RecordKind;
  first_seq: number;
  count: number;
  prev: Bytes;
  /** Microseconds since 1970-01-01T00:00:00Z. */
  created_at: number;
  /** Registry offset, in markers. */
  registry: number;
  schema_id: Bytes;
  root: Bytes;
}

/** Strict: throws a WireFault `bad_header` for anything but the canonical encoding of a header that agrees with itself. */
export function decodeHeader<Bytes extends Uint8Array>(bytes: Bytes): Header<Bytes> {
  if (bytes.length > limits.headerBytes) bad(`the header has ${bytes.length} bytes, at most ${limits.headerBytes}`);
  try {
    const header = readHeader(bytes);
    checkHeader(header);
    return header;
  } catch (error) {
    if (error instanceof WireFault && error.reason !== 'bad_header') bad(error.message);
    throw error;
  }
}

function bad(detail: string): never {
  throw new WireFault('bad_header', detail);
}

function readHeader<Bytes extends Uint8Array>(bytes: Bytes): Header<Bytes> {
  const reader = new CanonicalReader(bytes);
  const text = (): string => textOf(bytes, reader.stringField(), reader.pos);
  const fixed = (length: number): Bytes => bytes.subarray(reader.fixed(length), reader.pos) as Bytes;
  const header: Header<Bytes> = {
    audience: text(),
    producer_id: text(),
    key_id: fixed(32),
    epoch: fixed(16),
    lane: reader.long(),
    lanes: reader.long(),
    partition: reader.long(),
    kind: recordKinds[reader.enumeration(recordKinds.length)]!,
    first_seq: reader.long(),
    count: reader.long(),
    prev: fixed(32),
    created_at: reader.long(),
    registry: reader.long(),
    schema_id: fixed(32),
    root: fixed(32),
  };
  reader.done('the header');
  return header;
}

/** H("") */
const rootOfNothing = Uint8Array.from(
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'.match(/../g)!,
  (byte) => Number.parseInt(byte, 16),
);

/** Every rule of schemas/README.md §3 that needs no state. */
function checkHeader(header: Header<Uint8Array>): void {
  const { lane, lanes, partition, kind, first_seq, count, created_at, registry, root } = header;
  const inSafeRange = (value: number): boolean => value >= 0 && value <= Number.MAX_SAFE_INTEGER;
  if (!(lane >= 0 && lane < lanes && lanes <= limits.lanes)) bad(`lane ${lane} of ${lanes}`);
  if (!(partition >= 0 && partition <= 0x7fffffff)) bad(`partition ${partition}`);
  if (!(first_seq >= 0 && count >= 0 && inSafeRange(first_seq + count))) bad(`sequence ${first_seq} + ${count}`);
  if (!(created_at >= 0 && created_at < limits.occurredAtUs)) bad(`created_at ${created_at}`);
  if (!inSafeRange(registry)) bad(`registry offset ${registry}`);
  if (registry !== 0 && kind !== 'registry') bad(`a registry offset in a record of kind ${kind}`);
  if (kind === 'data' ? count === 0 || count > limits.recordEvents : count !== 0)
    bad(`${count} events in a record of kind ${kind}`);
  if (kind !== 'data' && !sameBytes(root, rootOfNothing)) bad(`a record of kind ${kind} with a root over events`);
  if (kind === 'open' && first_seq !== 0) bad(`an open record at sequence ${first_seq}`);
  if (kind === 'registry' && lane !== partition) bad(`a marker of lane ${lane} in partition ${partition}`);
}
