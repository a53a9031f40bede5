import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RecordSchema, Schema } from './avro.js';
import { singleObjectPrefix } from './fingerprint.js';

/** The checkout's top folder, from wherever the compiled file stands. */
export function repositoryRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'schemas', 'event.avsc'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('schemas/event.avsc is in no folder above the conformance tests');
    folder = parent;
  }
  return folder;
}

export function schemaBytes(file: string): Buffer {
  return readFileSync(join(repositoryRoot(), 'schemas', file));
}

function recordIn(file: string): RecordSchema {
  return JSON.parse(schemaBytes(file).toString('utf8')) as RecordSchema;
}

function fieldType(schema: RecordSchema, name: string): Schema {
  const field = schema.fields.find((candidate) => candidate.name === name);
  if (field === undefined) throw new Error(`${schema.name} has no field ${name}`);
  return field.type;
}

const event = recordIn('event.avsc');
export const BODY = fieldType(event, 'body');
export const IDENTITY = fieldType(event, 'identity');
export const CONTENT = fieldType(event, 'content');
export const HEADER: Schema = recordIn('header.avsc');
export const SIGNED_BATCH: Schema = recordIn('signed-batch.avsc');
export const ERASED_BATCH: Schema = recordIn('erased-batch.avsc');
export const SIGNED_ENTRY: Schema = recordIn('registry-entry.avsc');
export const ENTRY: Schema = recordIn('registry.avsc');

export const SIGNED_BATCH_PREFIX = singleObjectPrefix(SIGNED_BATCH);
export const ERASED_BATCH_PREFIX = singleObjectPrefix(ERASED_BATCH);
export const SIGNED_ENTRY_PREFIX = singleObjectPrefix(SIGNED_ENTRY);
