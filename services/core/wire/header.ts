import { WireFault } from './fault.js';
import { limits } from './limits.js';
import { CanonicalReader } from './reader.js';
import { types } from './schemas.js';
import { type RecordKind, recordKinds } from './symbols.js';

export interface Header {
  audience: string;
  producer_id: string;
  key_id: Buffer;
  epoch: Buffer;
  lane: number;
  lanes: number;
  partition: number;
  kind: RecordKind;
  first_seq: number;
  count: number;
  prev: Buffer;
  /** Microseconds since 1970-01-01T00:00:00Z. */
  created_at: number;
  /** Registry offset, in markers. */
  registry: number;
  schema_id: Buffer;
  root: Buffer;
}

export function encodeHeader(header: Header): Buffer {
  return types.header.toBuffer(header);
}

/** Strict: throws a WireFault for anything but the canonical encoding of a header that agrees with itself. */
export function decodeHeader(bytes: Buffer): Header {
  if (bytes.length > limits.headerBytes) {
    throw new WireFault('limit_exceeded', `the header has ${bytes.length} bytes, at most ${limits.headerBytes}`);
  }
  const reader = new CanonicalReader(bytes);
  const text = (): string => bytes.toString('utf8', reader.stringField(), reader.pos);
  const fixed = (length: number): Buffer => bytes.subarray(reader.fixed(length), reader.pos);
  const header: Header = {
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
  checkHeader(header);
  return header;
}

function checkHeader(header: Header): void {
  const { lane, lanes, partition, kind, first_seq, count, created_at, registry } = header;
  const bad = (detail: string): never => {
    throw new WireFault('bad_header', detail);
  };
  if (!(lane >= 0 && lane < lanes && lanes <= limits.lanes)) bad(`lane ${lane} of ${lanes}`);
  if (!(partition >= 0 && partition <= 0x7fffffff)) bad(`partition ${partition}`);
  if (!(first_seq >= 0 && count >= 0 && first_seq + count < Number.MAX_SAFE_INTEGER))
    bad(`sequence ${first_seq} + ${count}`);
  if (count > limits.recordEvents)
    throw new WireFault('limit_exceeded', `${count} events, at most ${limits.recordEvents}`);
  if (!(created_at >= 0 && created_at <= Number.MAX_SAFE_INTEGER)) bad(`created_at ${created_at}`);
  if (!(registry >= 0 && registry <= Number.MAX_SAFE_INTEGER)) bad(`registry offset ${registry}`);
  if (registry !== 0 && kind !== 'registry') bad(`a registry offset in a record of kind ${kind}`);
  if (kind === 'data' ? count === 0 : count !== 0) bad(`${count} events in a record of kind ${kind}`);
  if (kind === 'open' && first_seq !== 0) bad(`an open record at sequence ${first_seq}`);
}
