import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromNotation } from './hex-notation.js';
import { repositoryRoot } from './schemas.js';

export const FIXTURE = join(repositoryRoot(), 'test', 'fixtures', 'wire-v1.json');

/** A value of the fixture as JSON has it; `Bytes` is text in the notation of hex-notation.ts. */
export type Bytes = string;
export type Json = { [name: string]: unknown };

export interface Fixture {
  contexts: Record<string, Json>;
  public_keys: { name: string; public_key: Bytes; accepted: boolean; key_id: Bytes }[];
  ids: { tenant: string; key: string; index: number; secret: Bytes; id: Bytes }[];
  batches: BatchVector[];
  erased: { name: string; header: Bytes; signature: Bytes; events: Json[]; value: Bytes }[];
  registry_entries: { fields: Json; entry: Bytes; entry_hash: Bytes; signature: Bytes; value: Bytes }[];
  registry: { name: string; values: Bytes[]; valid: boolean[]; keys: Json[] }[];
  judged: Record<string, JudgedJson[]>;
  seeds: Record<string, Bytes>;
}

export interface BatchVector {
  name: string;
  seed: Bytes;
  salt_seed: Bytes;
  header_fields: Json;
  events: (Json & { body: Bytes; identity: Bytes; content: Bytes; leaf: Bytes })[];
  root: Bytes;
  header: Bytes;
  header_hash: Bytes;
  signature: Bytes;
  value: Bytes;
}

export interface JudgedJson {
  name: string;
  context: string;
  value: Bytes;
  record: string | null;
  events: (string | null)[];
  fault?: string;
  ruling?: string;
}

export function readFixture(): Fixture {
  return JSON.parse(readFileSync(FIXTURE, 'utf8')) as Fixture;
}

const BYTES = [
  'id',
  'ip',
  'key_id',
  'epoch',
  'prev',
  'schema_id',
  'root',
  'public_key',
  'incarnation',
  'header_hash',
  'data',
  'body',
  'root_public_key',
];
const LONGS = ['occurred_at', 'first_seq', 'created_at', 'seq', 'offset'];

/** Fields with their types back: JSON has only text for bytes and 64-bit numbers. `related[].id` is text and stays so. */
export function revive<T>(json: unknown): T {
  return reviveField('', json, '') as T;
}

function reviveField(name: string, value: unknown, parent: string): unknown {
  if (Array.isArray(value)) return value.map((item) => reviveField('', item, name));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, reviveField(key, item, name === '' ? parent : name)]),
    );
  }
  if (typeof value !== 'string') return value;
  if (BYTES.includes(name) && parent !== 'related') return fromNotation(value);
  if (LONGS.includes(name) || (name === 'registry' && /^-?\d+$/.test(value))) return BigInt(value);
  return value;
}
