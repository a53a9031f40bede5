import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import avro from 'avsc';
import { packageRoot } from '../paths.js';

const load = (file: string): { bytes: Buffer; type: avro.Type } => {
  const bytes = readFileSync(join(packageRoot(), 'schemas', file));
  return { bytes, type: avro.Type.forSchema(JSON.parse(bytes.toString('utf8'))) };
};

const event = load('event.avsc');
const erasedBatch = load('erased-batch.avsc');
const fieldType = (name: string): avro.Type => (event.type as avro.types.RecordType).field(name).type;

/** The Avro types of wire format v1, for writing. Reading goes through CanonicalReader. */
export const types = {
  body: fieldType('body'),
  identity: fieldType('identity'),
  content: fieldType('content'),
  header: load('header.avsc').type,
  signedBatch: load('signed-batch.avsc').type,
  erasedBatch: erasedBatch.type,
  erasedEvents: (erasedBatch.type as avro.types.RecordType).field('events').type,
  signedEntry: load('registry-entry.avsc').type,
  entry: load('registry.avsc').type,
};

/** The schema of events as it is published; evidence bundles carry it. */
export const eventSchema: Buffer = event.bytes;

/** SHA-256 of event.avsc: the header's `schema_id`. */
export const schemaId: Buffer = createHash('sha256').update(event.bytes).digest();

const emptyFingerprint = 0xc15d213aa4d7a795n;

/** CRC-64-AVRO of a text, as the Avro 1.11 specification defines it ("Schema Fingerprints"). */
export function crc64Avro(text: string): bigint {
  let crc = emptyFingerprint;
  for (const byte of Buffer.from(text, 'utf8')) {
    let row = (crc ^ BigInt(byte)) & 0xffn;
    for (let bit = 0; bit < 8; bit += 1) row = row & 1n ? (row >> 1n) ^ emptyFingerprint : row >> 1n;
    crc = (crc >> 8n) ^ row;
  }
  return crc;
}

/** The ten bytes that open an Avro single-object encoding of the type. */
function singleObjectPrefix(type: avro.Type): Buffer {
  const prefix = Buffer.alloc(10);
  prefix.writeUInt16BE(0xc301);
  prefix.writeBigUInt64LE(crc64Avro(JSON.stringify(type.schema())), 2);
  return prefix;
}

export const prefixes = {
  signedBatch: singleObjectPrefix(types.signedBatch),
  erasedBatch: singleObjectPrefix(types.erasedBatch),
  signedEntry: singleObjectPrefix(types.signedEntry),
};
