import { TimestampError } from './errors.js';

/** Answers of authorities have a few thousand bytes; a long chain of large certificates, ten thousand. */
export const mostTimestampBytes = 64 * 1024;

const mostDepth = 32;
const contextClass = 0x80;
const constructedBit = 0x20;
const sequenceIdentifier = 0x30;

/** Universal types, X.680 §8.4. */
const type = {
  boolean: 1,
  integer: 2,
  bitString: 3,
  null: 5,
  objectIdentifier: 6,
  enumerated: 10,
  sequence: 16,
  set: 17,
  utcTime: 23,
  generalizedTime: 24,
};

/**
 * Accepts exactly one DER SEQUENCE (X.690 §10–11) and nothing after it. Libraries that read ASN.1 take the looser BER; with one encoding for
 * one meaning, nobody can alter bytes of a timestamp without altering what it says. The order of SET OF and DEFAULT values are
 * not looked at. Throws a TimestampError that tells a cut from foreign bytes at the end and from all else.
 */
export function checkDer(bytes: Uint8Array, what: string): void {
  const refuse = (offset: number, why: string): never => {
    throw new TimestampError('timestamp_malformed', `${what} is not DER at byte ${offset}: ${why}`);
  };
  if (bytes.length > mostTimestampBytes) refuse(mostTimestampBytes, `it is longer than ${mostTimestampBytes} bytes`);
  if (bytes.length > 0 && bytes[0] !== sequenceIdentifier) refuse(0, 'it does not begin a SEQUENCE');
  const end = valueAt(bytes, 0, bytes.length, 0, { refuse, what });
  if (end < bytes.length) {
    throw new TimestampError('timestamp_trailing_bytes', `${what} is followed by ${bytes.length - end} foreign bytes`);
  }
}

interface Judge {
  refuse(offset: number, why: string): never;
  what: string;
}

/** Checks the value that starts at `start` within `limit`, and gives where it ends. */
function valueAt(bytes: Uint8Array, start: number, limit: number, depth: number, judge: Judge): number {
  const beyond = (): never => {
    if (depth > 0) return judge.refuse(start, 'a value reaches beyond the one around it');
    throw new TimestampError('timestamp_truncated', `${judge.what} is cut after ${bytes.length} bytes`);
  };
  if (depth > mostDepth) judge.refuse(start, `nested deeper than ${mostDepth}`);
  if (start + 2 > limit) beyond();
  const identifier = bytes[start]!;
  if ((identifier & 0x1f) === 0x1f) judge.refuse(start, 'a tag above 30');
  let at = start + 1;
  let length = bytes[at++]!;
  if (length >= 0x80) {
    const octets = length & 0x7f;
    if (octets === 0) judge.refuse(start, 'an indefinite length');
    if (octets > 4) judge.refuse(start, 'a length of more than four bytes');
    if (at + octets > limit) beyond();
    length = 0;
    for (let i = 0; i < octets; i++) length = length * 256 + bytes[at++]!;
    if (length < 0x80 || length < 256 ** (octets - 1)) judge.refuse(start, 'a length that is longer than need be');
  }
  const end = at + length;
  if (end > limit) beyond();
  if (identifier & constructedBit) {
    if (identifier < contextClass && !isList(identifier)) judge.refuse(start, 'a string in pieces');
    while (at < end) at = valueAt(bytes, at, end, depth + 1, judge);
  } else if (identifier < 0x40) {
    const why = primitiveFault(identifier, bytes.subarray(at, end));
    if (why) judge.refuse(start, why);
  }
  return end;
}

const isList = (identifier: number): boolean =>
  (identifier & 0x1f) === type.sequence || (identifier & 0x1f) === type.set || identifier >= 0x40;

function primitiveFault(tag: number, content: Uint8Array): string | undefined {
  const [first, second] = content;
  switch (tag) {
    case 0:
      return 'an end-of-contents mark';
    case type.boolean:
      return content.length === 1 && (first === 0 || first === 0xff)
        ? undefined
        : 'a BOOLEAN that is neither 00 nor FF';
    case type.integer:
    case type.enumerated:
      if (first === undefined) return 'a number of no bytes';
      if (second === undefined) return undefined;
      return (first === 0 && second < 0x80) || (first === 0xff && second >= 0x80) ? 'a number with padding' : undefined;
    case type.bitString:
      return bitStringFault(content);
    case type.null:
      return content.length === 0 ? undefined : 'a NULL with contents';
    case type.objectIdentifier:
      return objectIdentifierFault(content);
    case type.sequence:
    case type.set:
      return 'a list that is marked as a plain value';
    case type.utcTime:
      return /^\d{12}Z$/.test(text(content)) ? undefined : 'a UTCTime other than YYMMDDhhmmssZ';
    case type.generalizedTime:
      return /^\d{14}(\.\d*[1-9])?Z$/.test(text(content))
        ? undefined
        : 'a GeneralizedTime other than YYYYMMDDhhmmss[.f]Z';
    default:
      return undefined;
  }
}

function bitStringFault(content: Uint8Array): string | undefined {
  const unused = content[0];
  if (unused === undefined || unused > 7 || (unused > 0 && content.length === 1))
    return 'a BIT STRING without its length';
  return content.at(-1)! & (2 ** unused - 1) && content.length > 1
    ? 'a BIT STRING with padding that is not zero'
    : undefined;
}

function objectIdentifierFault(content: Uint8Array): string | undefined {
  if (content.length === 0 || content.at(-1)! >= 0x80) return 'an object identifier that is cut';
  const padded = content.some((byte, i) => byte === 0x80 && (i === 0 || content[i - 1]! < 0x80));
  return padded ? 'an object identifier with padding' : undefined;
}

const text = (content: Uint8Array): string => String.fromCharCode(...content);
