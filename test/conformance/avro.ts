import { NonCanonicalError } from './faults.js';
import { strictUtf8 } from './utf8.js';
import { encodeLong, readLong } from './varint.js';

export interface RecordSchema {
  type: 'record';
  name: string;
  namespace?: string;
  fields: { name: string; type: Schema }[];
}
export interface EnumSchema {
  type: 'enum';
  name: string;
  namespace?: string;
  symbols: string[];
}
export interface FixedSchema {
  type: 'fixed';
  name: string;
  namespace?: string;
  size: number;
}
export interface ArraySchema {
  type: 'array';
  items: Schema;
}
/** A string is a primitive's name or the name of a type defined earlier in the same file. */
export type Schema = string | RecordSchema | EnumSchema | FixedSchema | ArraySchema;

/** int is a number, long a bigint, enum its symbol (or, to write a wrong one, its number), string text (or, to write bad UTF-8, bytes). */
export type AvroValue = number | bigint | string | Buffer | AvroValue[] | { [field: string]: AvroValue };

/** `split` and `sized` are valid Avro that is not canonical: blocks of one item each; negative counts with a byte size. */
export type ArrayStyle = 'one_block' | 'split' | 'sized';

export type VarintRole = 'int' | 'long' | 'enum' | 'length' | 'count' | 'end';
/** Where a varint stands in a byte string: what mutations aim at. */
export interface VarintSpan {
  path: string;
  role: VarintRole;
  start: number;
  end: number;
}

type Names = Map<string, Schema>;

export function encodeAvro(schema: Schema, value: AvroValue, arrays: ArrayStyle = 'one_block'): Buffer {
  return encodeType(schema, value, new Map(), arrays);
}

function encodeType(schema: Schema, value: AvroValue, names: Names, arrays: ArrayStyle): Buffer {
  if (typeof schema === 'string') return encodeNamed(schema, value, names, arrays);
  if (schema.type === 'array') return encodeArray(schema, value as AvroValue[], names, arrays);
  names.set(schema.name, schema);
  if (schema.type === 'enum') return encodeEnum(schema, value as string | number);
  if (schema.type === 'fixed') return encodeFixed(schema, value as Buffer);
  const record = value as { [field: string]: AvroValue };
  const parts = schema.fields.map((field) => {
    const fieldValue = record[field.name];
    if (fieldValue === undefined) throw new Error(`${schema.name}.${field.name} has no value`);
    return encodeType(field.type, fieldValue, names, arrays);
  });
  return Buffer.concat(parts);
}

function encodeNamed(name: string, value: AvroValue, names: Names, arrays: ArrayStyle): Buffer {
  if (name === 'int' || name === 'long') return encodeLong(BigInt(value as number | bigint));
  if (name === 'bytes' || name === 'string') {
    const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : (value as Buffer);
    return Buffer.concat([encodeLong(BigInt(bytes.length)), bytes]);
  }
  const known = names.get(name);
  if (known === undefined) throw new Error(`unknown Avro type ${name}`);
  return encodeType(known, value, names, arrays);
}

function encodeEnum(schema: EnumSchema, value: string | number): Buffer {
  const index = typeof value === 'number' ? value : schema.symbols.indexOf(value);
  if (typeof value === 'string' && index < 0) throw new Error(`${schema.name} has no symbol ${value}`);
  return encodeLong(BigInt(index));
}

function encodeFixed(schema: FixedSchema, value: Buffer): Buffer {
  if (value.length !== schema.size) throw new Error(`${schema.name} takes ${schema.size} bytes, not ${value.length}`);
  return value;
}

function encodeArray(schema: ArraySchema, items: AvroValue[], names: Names, arrays: ArrayStyle): Buffer {
  const encoded = items.map((item) => encodeType(schema.items, item, names, arrays));
  const end = encodeLong(0n);
  if (encoded.length === 0) return end;
  if (arrays === 'split') return Buffer.concat([...encoded.flatMap((item) => [encodeLong(1n), item]), end]);
  const body = Buffer.concat(encoded);
  const count = BigInt(encoded.length);
  if (arrays === 'sized') return Buffer.concat([encodeLong(-count), encodeLong(BigInt(body.length)), body, end]);
  return Buffer.concat([encodeLong(count), body, end]);
}

interface Reader {
  bytes: Buffer;
  at: number;
  names: Names;
  spans: VarintSpan[];
}

/** Reads the one canonical encoding and nothing else; throws NonCanonicalError that names the fault and its place. */
export function decodeAvro(schema: Schema, bytes: Buffer, spans: VarintSpan[] = []): AvroValue {
  const reader: Reader = { bytes, at: 0, names: new Map(), spans };
  const root = typeof schema === 'object' && schema.type !== 'array' ? schema.name : 'value';
  const value = decodeType(schema, reader, root);
  if (reader.at !== bytes.length) throw new NonCanonicalError('trailing_bytes', root, reader.at);
  return value;
}

/** Every varint of a canonical byte string, in the order it is read. */
export function varintsOf(schema: Schema, bytes: Buffer): VarintSpan[] {
  const spans: VarintSpan[] = [];
  decodeAvro(schema, bytes, spans);
  return spans;
}

function decodeType(schema: Schema, reader: Reader, path: string): AvroValue {
  if (typeof schema === 'string') return decodeNamed(schema, reader, path);
  if (schema.type === 'array') return decodeArray(schema, reader, path);
  reader.names.set(schema.name, schema);
  if (schema.type === 'fixed') return take(reader, schema.size, path);
  if (schema.type === 'enum') {
    const at = reader.at;
    const symbol = schema.symbols[Number(takeLong(reader, path, 'enum'))];
    if (symbol === undefined) throw new NonCanonicalError('enum_out_of_range', path, at);
    return symbol;
  }
  const record: { [field: string]: AvroValue } = {};
  for (const field of schema.fields) record[field.name] = decodeType(field.type, reader, `${path}.${field.name}`);
  return record;
}

function decodeNamed(name: string, reader: Reader, path: string): AvroValue {
  const at = reader.at;
  if (name === 'long') return takeLong(reader, path, 'long');
  if (name === 'int') {
    const value = takeLong(reader, path, 'int');
    if (value < -(2n ** 31n) || value >= 2n ** 31n) throw new NonCanonicalError('int_out_of_range', path, at);
    return Number(value);
  }
  if (name === 'bytes') return takeCounted(reader, path);
  if (name === 'string') {
    const text = strictUtf8(takeCounted(reader, path));
    if (text === undefined) throw new NonCanonicalError('invalid_utf8', path, at);
    return text;
  }
  const known = reader.names.get(name);
  if (known === undefined) throw new Error(`unknown Avro type ${name}`);
  return decodeType(known, reader, path);
}

function decodeArray(schema: ArraySchema, reader: Reader, path: string): AvroValue[] {
  const at = reader.at;
  const count = takeLong(reader, path, 'count');
  if (count < 0n) throw new NonCanonicalError('negative_block_count', path, at);
  if (count === 0n) return [];
  const items: AvroValue[] = [];
  for (let index = 0n; index < count; index++) items.push(decodeType(schema.items, reader, `${path}[${index}]`));
  const endAt = reader.at;
  if (takeLong(reader, path, 'end') !== 0n) throw new NonCanonicalError('split_array_block', path, endAt);
  return items;
}

function takeLong(reader: Reader, path: string, role: VarintRole): bigint {
  const start = reader.at;
  const { value, end } = readLong(reader.bytes, start, path);
  reader.spans.push({ path, role, start, end });
  reader.at = end;
  return value;
}

function takeCounted(reader: Reader, path: string): Buffer {
  const at = reader.at;
  const length = takeLong(reader, path, 'length');
  if (length < 0n) throw new NonCanonicalError('negative_length', path, at);
  if (length > BigInt(reader.bytes.length)) throw new NonCanonicalError('truncated', path, reader.at);
  return take(reader, Number(length), path);
}

function take(reader: Reader, length: number, path: string): Buffer {
  const end = reader.at + length;
  if (end > reader.bytes.length) throw new NonCanonicalError('truncated', path, reader.at);
  const taken = reader.bytes.subarray(reader.at, end);
  reader.at = end;
  return taken;
}
