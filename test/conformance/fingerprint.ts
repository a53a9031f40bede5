import type { Schema } from './avro.js';

const PRIMITIVES = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'];
const EMPTY = 0xc15d213aa4d7a795n;

/** Avro 1.11 "Parsing Canonical Form": full names, only what a reader needs, one order, no white space. */
export function parsingCanonicalForm(schema: Schema, namespace = ''): string {
  if (typeof schema === 'string') {
    const isFull = PRIMITIVES.includes(schema) || schema.includes('.') || namespace === '';
    return JSON.stringify(isFull ? schema : `${namespace}.${schema}`);
  }
  if (schema.type === 'array') return `{"type":"array","items":${parsingCanonicalForm(schema.items, namespace)}}`;
  const within = schema.namespace ?? namespace;
  const head = `"name":${JSON.stringify(within === '' ? schema.name : `${within}.${schema.name}`)},"type":"${schema.type}"`;
  if (schema.type === 'enum') return `{${head},"symbols":${JSON.stringify(schema.symbols)}}`;
  if (schema.type === 'fixed') return `{${head},"size":${schema.size}}`;
  const fields = schema.fields.map(
    (field) => `{"name":${JSON.stringify(field.name)},"type":${parsingCanonicalForm(field.type, within)}}`,
  );
  return `{${head},"fields":[${fields.join(',')}]}`;
}

/** CRC-64-AVRO, one bit at a time. */
export function crc64Avro(text: string): bigint {
  let fingerprint = EMPTY;
  for (const byte of Buffer.from(text, 'utf8')) {
    let low = (fingerprint ^ BigInt(byte)) & 0xffn;
    for (let bit = 0; bit < 8; bit++) low = low % 2n === 1n ? (low >> 1n) ^ EMPTY : low >> 1n;
    fingerprint = (fingerprint >> 8n) ^ low;
  }
  return fingerprint;
}

/** The ten bytes before every single-object encoding of this schema. */
export function singleObjectPrefix(schema: Schema): Buffer {
  const prefix = Buffer.alloc(10);
  prefix.writeUInt16BE(0xc301, 0);
  prefix.writeBigUInt64LE(crc64Avro(parsingCanonicalForm(schema)), 2);
  return prefix;
}
