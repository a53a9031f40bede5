import { Integer, Null, OctetString } from 'asn1js';
import { AlgorithmIdentifier, MessageImprint, TimeStampReq } from 'pkijs';
import { digestOfLength } from './algorithms.js';

/** The media types of RFC 3161 §3.4. */
export const timestampQueryType = 'application/timestamp-query';
export const timestampReplyType = 'application/timestamp-reply';

/**
 * A DER TimeStampReq (RFC 3161 §2.4.1) for a digest of 32, 48 or 64 bytes (SHA-256, SHA-384, SHA-512 by its length). `nonce` is
 * taken as a positive number, big-endian. With `certReq` the authority puts its certificates into the answer, without which nobody can verify it
 * years later. Throws a TimestampError for any other digest.
 */
export function createTimestampRequest({
  digest,
  nonce,
  certReq = true,
  policy,
}: {
  digest: Uint8Array;
  nonce?: Uint8Array;
  certReq?: boolean;
  policy?: string;
}): Uint8Array {
  const { oid } = digestOfLength(digest.length);
  const request = new TimeStampReq({
    version: 1,
    messageImprint: new MessageImprint({
      hashAlgorithm: new AlgorithmIdentifier({ algorithmId: oid, algorithmParams: new Null() }),
      hashedMessage: new OctetString({ valueHex: Uint8Array.from(digest).buffer }),
    }),
    certReq,
    ...(policy ? { reqPolicy: policy } : {}),
    ...(nonce ? { nonce: new Integer({ valueHex: positive(nonce).buffer }) } : {}),
  });
  return new Uint8Array(request.toSchema().toBER());
}

/** The contents of a DER INTEGER for an unsigned number: no leading zeros but the one that keeps it positive. */
export function positive(number: Uint8Array): Uint8Array<ArrayBuffer> {
  const first = number.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? [0] : number.subarray(first);
  return Uint8Array.from(digits[0]! >= 0x80 ? [0, ...digits] : digits);
}
