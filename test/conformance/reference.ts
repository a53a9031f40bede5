import { createCipheriv, createHmac } from 'node:crypto';
import { type ArrayStyle, type AvroValue, decodeAvro, encodeAvro } from './avro.js';
import { ed25519Sign } from './edwards.js';
import { NonCanonicalError } from './faults.js';
import { merkleTreeHash, sha256 } from './merkle.js';
import {
  BODY,
  CONTENT,
  ENTRY,
  ERASED_BATCH,
  ERASED_BATCH_PREFIX,
  HEADER,
  IDENTITY,
  SIGNED_BATCH,
  SIGNED_BATCH_PREFIX,
  SIGNED_ENTRY,
  SIGNED_ENTRY_PREFIX,
  schemaBytes,
} from './schemas.js';
import type {
  BodyFields,
  ContentFields,
  EntryFields,
  ErasablePart,
  ErasedBatchFields,
  EventParts,
  HeaderFields,
  IdentityFields,
  SignedBatchFields,
} from './wire-types.js';

/**
 * Wire format v1 a second time, from the words of schemas/README.md alone: plain and slow, sharing nothing with services/.
 * Where both agree on a vector, the words were enough.
 */
const ZERO_DIGEST = Buffer.alloc(32);
const EVENT_DOMAIN = Buffer.from('sealstream/event/v1\0');
const HEADER_DOMAIN = Buffer.from('sealstream/header/v1\0');
const BATCH_DOMAIN = Buffer.from('sealstream/batch/v1\0');
const ENTRY_SIGNING_DOMAIN = Buffer.from('sealstream/registry/v1\0');
const ENTRY_HASH_DOMAIN = Buffer.from('sealstream/registry-entry/v1\0');
const ID_DOMAIN = Buffer.from('sealstream/id/v1\0');

export const SCHEMA_ID = sha256(schemaBytes('event.avsc'));

type Fields = { [field: string]: AvroValue };

export function encodeBody(fields: BodyFields, arrays?: ArrayStyle): Buffer {
  return encodeAvro(BODY, fields as unknown as Fields, arrays);
}

export function encodeIdentity(fields: IdentityFields): Buffer {
  return zeroBytesWhenAbsent(encodeAvro(IDENTITY, fields as unknown as Fields));
}

export function encodeContent(fields: ContentFields): Buffer {
  return zeroBytesWhenAbsent(encodeAvro(CONTENT, fields as unknown as Fields));
}

/** Identity and content hold only strings and bytes, so "every field absent" is "every byte zero". */
function zeroBytesWhenAbsent(encoded: Buffer): Buffer {
  return encoded.every((byte) => byte === 0) ? Buffer.alloc(0) : encoded;
}

export function decodeBody(bytes: Buffer): BodyFields {
  return decodeAvro(BODY, bytes) as unknown as BodyFields;
}

const ABSENT_IDENTITY: IdentityFields = {
  actor_name: '',
  actor_email: '',
  target_name: '',
  ip: Buffer.alloc(0),
  user_agent: '',
  session_id: '',
};
const ABSENT_CONTENT: ContentFields = { message: '', path: '', details: '', before: '', after: '' };

export function decodeIdentity(bytes: Buffer): IdentityFields {
  if (bytes.length === 0) return { ...ABSENT_IDENTITY };
  const fields = decodeAvro(IDENTITY, bytes) as unknown as IdentityFields;
  if (encodeIdentity(fields).length === 0) throw new NonCanonicalError('zero_row_part', 'Identity', 0);
  return fields;
}

export function decodeContent(bytes: Buffer): ContentFields {
  if (bytes.length === 0) return { ...ABSENT_CONTENT };
  const fields = decodeAvro(CONTENT, bytes) as unknown as ContentFields;
  if (encodeContent(fields).length === 0) throw new NonCanonicalError('zero_row_part', 'Content', 0);
  return fields;
}

export function encodeHeader(fields: HeaderFields): Buffer {
  return encodeAvro(HEADER, fields as unknown as Fields);
}

export function decodeHeader(bytes: Buffer): HeaderFields {
  return decodeAvro(HEADER, bytes) as unknown as HeaderFields;
}

export function encodeSignedBatch(fields: SignedBatchFields, arrays?: ArrayStyle): Buffer {
  return Buffer.concat([SIGNED_BATCH_PREFIX, encodeAvro(SIGNED_BATCH, fields as unknown as Fields, arrays)]);
}

export function encodeErasedBatch(fields: ErasedBatchFields, arrays?: ArrayStyle): Buffer {
  return Buffer.concat([ERASED_BATCH_PREFIX, encodeAvro(ERASED_BATCH, fields as unknown as Fields, arrays)]);
}

/** The fields behind a record value's ten bytes of prefix. */
export function decodeSignedBatch(value: Buffer): SignedBatchFields {
  return decodeAvro(SIGNED_BATCH, value.subarray(10)) as unknown as SignedBatchFields;
}

export function decodeErasedBatch(value: Buffer): ErasedBatchFields {
  const fields = decodeAvro(ERASED_BATCH, value.subarray(10)) as unknown as ErasedBatchFields;
  for (const event of fields.events) {
    checkErasedPart(event.identity);
    checkErasedPart(event.content);
  }
  return fields;
}

function checkErasedPart({ tag, data }: ErasablePart): void {
  const fits =
    (tag === 'empty' && data.length === 0) ||
    (tag === 'salted' && data.length > 16) ||
    (tag === 'digest' && data.length === 32 && !data.equals(ZERO_DIGEST));
  if (!fits) throw new NonCanonicalError('erased_part_form', 'ErasablePart', 0);
}

export function encodeEntry(fields: EntryFields): Buffer {
  return encodeAvro(ENTRY, fields as unknown as Fields);
}

export function decodeEntry(bytes: Buffer): EntryFields {
  return decodeAvro(ENTRY, bytes) as unknown as EntryFields;
}

export function encodeSignedEntry(entry: Buffer, signature: Buffer): Buffer {
  return Buffer.concat([SIGNED_ENTRY_PREFIX, encodeAvro(SIGNED_ENTRY, { entry, signature })]);
}

export function decodeSignedEntry(value: Buffer): { entry: Buffer; signature: Buffer } {
  return decodeAvro(SIGNED_ENTRY, value.subarray(10)) as { entry: Buffer; signature: Buffer };
}

/** Event `index`'s two salts: blocks 2i and 2i + 1 of the AES-256-CTR keystream under the seed, zero IV. */
export function saltsOf(saltSeed: Buffer, index: number): { identity: Buffer; content: Buffer } {
  const stream = createCipheriv('aes-256-ctr', saltSeed, Buffer.alloc(16)).update(Buffer.alloc(32 * (index + 1)));
  const start = 32 * index;
  return { identity: stream.subarray(start, start + 16), content: stream.subarray(start + 16, start + 32) };
}

export function partDigest(salt: Buffer, part: Buffer): Buffer {
  return part.length === 0 ? ZERO_DIGEST : sha256(salt, part);
}

/** A part's digest from what an ErasedBatch kept of it. */
export function erasedPartDigest(part: ErasablePart): Buffer {
  if (part.tag === 'empty') return ZERO_DIGEST;
  return part.tag === 'digest' ? part.data : sha256(part.data);
}

export function leafHash(body: Buffer, identityDigest: Buffer, contentDigest: Buffer): Buffer {
  return sha256(Buffer.from([0]), EVENT_DOMAIN, body, identityDigest, contentDigest);
}

export function leafOf(event: EventParts, saltSeed: Buffer, index: number): Buffer {
  const salts = saltsOf(saltSeed, index);
  return leafHash(event.body, partDigest(salts.identity, event.identity), partDigest(salts.content, event.content));
}

export function headerHash(header: Buffer): Buffer {
  return sha256(HEADER_DOMAIN, header);
}

export function signedBytes(header: Buffer): Buffer {
  return Buffer.concat([BATCH_DOMAIN, header]);
}

export function keyId(publicKey: Buffer): Buffer {
  return sha256(Buffer.from([1]), publicKey);
}

export function entryHash(entry: Buffer): Buffer {
  return sha256(ENTRY_HASH_DOMAIN, entry);
}

export function signedEntryBytes(entry: Buffer): Buffer {
  return Buffer.concat([ENTRY_SIGNING_DOMAIN, entry]);
}

export interface IdInput {
  secret: Buffer;
  tenant: string;
  key: string;
  index: number;
}

export function idMessage({ tenant, key, index }: IdInput): Buffer {
  const tenantBytes = Buffer.from(tenant);
  const keyBytes = Buffer.from(key);
  return Buffer.concat([ID_DOMAIN, u32(tenantBytes.length), tenantBytes, u32(keyBytes.length), keyBytes, u32(index)]);
}

export function idFromIdempotencyKey(input: IdInput): Buffer {
  const id = createHmac('sha256', input.secret).update(idMessage(input)).digest().subarray(0, 16);
  id[6] = 0x80 + ((id[6] ?? 0) % 16);
  id[8] = 0x80 + ((id[8] ?? 0) % 64);
  return id;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export interface SealInput {
  /** `root` and `count` are filled in from the events. */
  header: Omit<HeaderFields, 'root' | 'count'>;
  seed: Buffer;
  salt_seed: Buffer;
  events: EventParts[];
}

export interface SealedBatch {
  leaves: Buffer[];
  root: Buffer;
  header: Buffer;
  header_hash: Buffer;
  signature: Buffer;
  value: Buffer;
}

export function sealBatch({ header: fields, seed, salt_seed, events }: SealInput): SealedBatch {
  const leaves = events.map((event, index) => leafOf(event, salt_seed, index));
  const root = merkleTreeHash(leaves);
  const header = encodeHeader({ ...fields, count: events.length, root });
  const signature = ed25519Sign(seed, signedBytes(header));
  const value = encodeSignedBatch({ header, salt_seed, events, signature });
  return { leaves, root, header, header_hash: headerHash(header), signature, value };
}
