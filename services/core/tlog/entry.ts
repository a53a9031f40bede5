import { utf8 } from './bytes.js';
import { refuse } from './errors.js';

/** One Kafka record as the log has it (docs/decisions/0040): where it lies, when it was appended, its hash, and who signed. Never its contents. */
export interface LogEntry {
  /** 16 bytes; zeros in the registry's log. */
  incarnation: Uint8Array;
  partition: number;
  offset: number;
  /** Kafka's append time, in milliseconds since 1970. */
  appendTimeMs: number;
  /** SHA-256 of the record's value. */
  valueHash: Uint8Array;
  /** The batch's header (1 to 1,024 bytes) and its signature (64 bytes), where the frame could be read. */
  signed?: { header: Uint8Array; signature: Uint8Array } | undefined;
}

const magic = utf8('sealstream/entry/v1\0');
const at = {
  incarnation: 20,
  partition: 36,
  offset: 40,
  appendTimeMs: 48,
  valueHash: 56,
  headerLength: 88,
  header: 90,
};
const signatureBytes = 64;
const maxHeaderBytes = 1_024;

/** Throws `bad_entry` for fields that no entry can hold. */
export function encodeEntry(entry: LogEntry): Uint8Array {
  const { incarnation, partition, offset, appendTimeMs, valueHash, signed } = entry;
  requireField(incarnation.length === 16, `an incarnation of ${incarnation.length} bytes, not 16`);
  requireField(isNumber(partition) && partition <= 0xffff_ffff, `partition ${partition}`);
  requireField(isNumber(offset), `offset ${offset}`);
  requireField(isNumber(appendTimeMs), `append time ${appendTimeMs}`);
  requireField(valueHash.length === 32, `a value hash of ${valueHash.length} bytes, not 32`);
  const headerLength = signed?.header.length ?? 0;
  if (signed) {
    const isHeader = headerLength >= 1 && headerLength <= maxHeaderBytes;
    requireField(isHeader, `a header of ${headerLength} bytes, not 1 to ${maxHeaderBytes}`);
    const length = signed.signature.length;
    requireField(length === signatureBytes, `a signature of ${length} bytes, not ${signatureBytes}`);
  }
  const bytes = new Uint8Array(at.header + (signed ? headerLength + signatureBytes : 0));
  const view = new DataView(bytes.buffer);
  bytes.set(magic);
  bytes.set(incarnation, at.incarnation);
  view.setUint32(at.partition, partition);
  view.setBigUint64(at.offset, BigInt(offset));
  view.setBigUint64(at.appendTimeMs, BigInt(appendTimeMs));
  bytes.set(valueHash, at.valueHash);
  view.setUint16(at.headerLength, headerLength);
  if (signed) {
    bytes.set(signed.header, at.header);
    bytes.set(signed.signature, at.header + headerLength);
  }
  return bytes;
}

/** Strict: throws `bad_entry` for anything but what `encodeEntry` makes. The fields are copies. */
export function decodeEntry(bytes: Uint8Array): LogEntry {
  requireField(bytes.length >= at.header, `${bytes.length} bytes; an entry has at least ${at.header}`);
  requireField(
    magic.every((byte, index) => bytes[index] === byte),
    'the first bytes are not "sealstream/entry/v1" and a zero',
  );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = view.getUint16(at.headerLength);
  requireField(headerLength <= maxHeaderBytes, `a header of ${headerLength} bytes, at most ${maxHeaderBytes}`);
  const length = at.header + (headerLength > 0 ? headerLength + signatureBytes : 0);
  requireField(bytes.length === length, `${bytes.length} bytes; with a header of ${headerLength} it has ${length}`);
  const headerEnd = at.header + headerLength;
  // Not slice(): a Buffer's gives a view.
  const copy = (start: number, end: number): Uint8Array => new Uint8Array(bytes.subarray(start, end));
  return {
    incarnation: copy(at.incarnation, at.partition),
    partition: view.getUint32(at.partition),
    offset: readNumber(view, at.offset, 'offset'),
    appendTimeMs: readNumber(view, at.appendTimeMs, 'append time'),
    valueHash: copy(at.valueHash, at.headerLength),
    signed: headerLength > 0 ? { header: copy(at.header, headerEnd), signature: copy(headerEnd, length) } : undefined,
  };
}

/** How long an encoded entry can be. */
export const entryLimits = { minBytes: at.header, maxBytes: at.header + maxHeaderBytes + signatureBytes } as const;

const isNumber = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

function readNumber(view: DataView, offset: number, what: string): number {
  const value = view.getBigUint64(offset);
  requireField(value <= BigInt(Number.MAX_SAFE_INTEGER), `${what} ${value} is beyond 2^53 − 1`);
  return Number(value);
}

function requireField(isRight: boolean, detail: string): void {
  if (!isRight) refuse('bad_entry', `no log entry: ${detail}`);
}
