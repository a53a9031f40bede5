import { limits } from '../wire/limits.js';
import {
  type Bundle,
  bundleFormat,
  type EventRun,
  type LogEvidence,
  bundleLimits as most,
  type Question,
  type RecordEvidence,
  type RegistryEvidence,
  type Run,
} from './bundle.js';
import { UnreadableBundle } from './failures.js';
import { createJsonReader, type JsonReader, unreadable } from './json.js';

/** JSON text, its UTF-8 bytes, or what JSON.parse made of it. */
export type BundleInput = string | Uint8Array | object;

/** Reads a bundle. Throws UnreadableBundle, and nothing else, for whatever is none. */
export function readBundle(input: BundleInput, fromBase64: (text: string) => Uint8Array | undefined): Bundle {
  const json = parse(input);
  const read = createJsonReader(fromBase64);
  const top = read.object(json, 'the bundle', ['format', 'question', 'deployment', 'schema', 'registry', 'logs']);
  if (top.format !== bundleFormat) {
    unreadable('format', `is not ${JSON.stringify(bundleFormat)}: made by another version, or no bundle at all`);
  }
  const claims = read.object(top.deployment, 'deployment', ['audience', 'root_key', 'log_keys']);
  const logs = read.list(top.logs, 'logs', most.logs, (log, at) => readLog(read, log, at));
  requireWithin(logs);
  const logKeys = read.list(claims.log_keys, 'deployment.log_keys', most.logKeys, (key, at) =>
    read.text(key, at, 2_048),
  );
  if (new Set(logKeys).size < logKeys.length) unreadable('deployment.log_keys', 'names a key twice');
  if (logKeys.length === 0 && logs.some(({ checkpoint }) => checkpoint !== null)) {
    unreadable('deployment.log_keys', 'is empty, and there are checkpoints');
  }
  return {
    question: readQuestion(read, top.question),
    deployment: {
      audience: read.text(claims.audience, 'deployment.audience', limits.headerBytes),
      rootKey: read.bytes(claims.root_key, 'deployment.root_key', 32, 32),
      logKeys,
    },
    schema: read.bytes(top.schema, 'schema', most.schemaBytes),
    registry: readRegistry(read, top.registry),
    logs,
  };
}

function parse(input: BundleInput): unknown {
  if (typeof input === 'object' && !(input instanceof Uint8Array)) return input;
  if (input.length > most.textBytes) {
    throw new UnreadableBundle(`the bundle has ${input.length} bytes; at most ${most.textBytes} are read`);
  }
  try {
    return JSON.parse(typeof input === 'string' ? input : new TextDecoder('utf-8', { fatal: true }).decode(input));
  } catch (error) {
    throw new UnreadableBundle(`no JSON text: ${(error as Error).message}`);
  }
}

function readQuestion(read: JsonReader, value: unknown): Question {
  const kind = (value as { kind?: unknown } | null)?.kind;
  if (kind === 'event') {
    const { id } = read.object(value, 'question', ['kind', 'id']);
    return { kind, id: read.text(id, 'question.id', 36) };
  }
  if (kind === 'query') {
    const { filters } = read.object(value, 'question', ['kind', 'filters']);
    if (typeof filters !== 'object' || filters === null) unreadable('question.filters', 'is no object');
    const pairs = Object.entries(filters).map(([name, values]): [string, string[]] => [
      name,
      read.list(values, 'question.filters', 1_000, (one, at) => read.text(one, at, 65_536)),
    ]);
    return { kind, filters: Object.fromEntries(pairs) };
  }
  read.object(value, 'question', ['kind']);
  if (kind !== 'range') unreadable('question.kind', 'is none of event, query, range');
  return { kind: 'range' };
}

const readProof = (read: JsonReader, value: unknown, at: string): Uint8Array[] =>
  read.list(value, at, most.proofHashes, (hash, where) => read.bytes(hash, where, 32, 32));

const readTimestamps = (read: JsonReader, value: unknown, at: string): Uint8Array[] =>
  read.list(value, at, most.timestamps, (one, where) => read.bytes(one, where, most.timestampBytes));

function readRegistry(read: JsonReader, value: unknown): RegistryEvidence {
  const { records, log } = read.object(value, 'registry', ['records', 'log']);
  return {
    records: read.list(records, 'registry.records', most.registryRecords, (record, at) => {
      const fields = read.object(record, at, ['offset', 'append_time', 'value']);
      return {
        offset: read.number(fields.offset, `${at}.offset`),
        appendTimeMs: read.number(fields.append_time, `${at}.append_time`),
        value: read.bytes(fields.value, `${at}.value`, limits.recordBytes),
      };
    }),
    log: log === null ? null : readRegistryLog(read, log),
  };
}

function readRegistryLog(read: JsonReader, value: unknown): RegistryEvidence['log'] {
  const fields = read.object(value, 'registry.log', ['checkpoint', 'timestamps', 'proof']);
  return {
    checkpoint: read.text(fields.checkpoint, 'registry.log.checkpoint', most.checkpointBytes),
    timestamps: readTimestamps(read, fields.timestamps, 'registry.log.timestamps'),
    proof: readProof(read, fields.proof, 'registry.log.proof'),
  };
}

function readLog(read: JsonReader, value: unknown, at: string): LogEvidence {
  const fields = read.object(value, at, ['incarnation', 'partition', 'checkpoint', 'timestamps', 'range', 'runs']);
  const { checkpoint, range } = fields;
  const runs = read.list(fields.runs, `${at}.runs`, most.records, (run, where) => readRun(read, run, where));
  runs.forEach((run, index) => {
    const before = runs[index - 1];
    if (before && run.start < before.start + before.records.length)
      unreadable(`${at}.runs[${index}]`, 'is not in order');
  });
  return {
    incarnation: readIncarnation(read, fields.incarnation, `${at}.incarnation`),
    partition: read.number(fields.partition, `${at}.partition`, 0x7fffffff),
    checkpoint: checkpoint === null ? null : read.text(checkpoint, `${at}.checkpoint`, most.checkpointBytes),
    timestamps: readTimestamps(read, fields.timestamps, `${at}.timestamps`),
    range: range === null ? null : readRange(read, range, `${at}.range`),
    runs,
  };
}

function readIncarnation(read: JsonReader, value: unknown, at: string): Uint8Array {
  const hex = read.text(value, at, 32);
  if (!/^[0-9a-f]{32}$/.test(hex)) unreadable(at, 'is not 32 hexadecimal digits');
  return Uint8Array.from(hex.match(/../g)!, (byte) => Number.parseInt(byte, 16));
}

function readRange(read: JsonReader, value: unknown, at: string): [number, number] {
  const bounds = read.list(value, at, 2, (bound, where) => read.number(bound, where));
  if (bounds.length !== 2 || bounds[0]! >= bounds[1]!) unreadable(at, 'is not two ascending indices');
  return [bounds[0]!, bounds[1]!];
}

function readRun(read: JsonReader, value: unknown, at: string): Run {
  const fields = read.object(value, at, ['start', 'records', 'proof']);
  const records = read.list(fields.records, `${at}.records`, most.records, (one, where) =>
    readRecord(read, one, where),
  );
  if (records.length === 0) unreadable(`${at}.records`, 'is empty');
  return {
    start: read.number(fields.start, `${at}.start`),
    records,
    proof: readProof(read, fields.proof, `${at}.proof`),
  };
}

function readRecord(read: JsonReader, value: unknown, at: string): RecordEvidence {
  const fields = read.object(value, at, ['offset', 'append_time', 'value_hash', 'header', 'signature', 'events']);
  const { header, signature } = fields;
  const isSigned = header !== null || signature !== null;
  const events = read.list(fields.events, `${at}.events`, limits.recordEvents, (run, where) => {
    const { start, parts, proof } = read.object(run, where, ['start', 'parts', 'proof']);
    return {
      start: read.number(start, `${where}.start`, limits.recordEvents - 1),
      parts: read.bytes(parts, `${where}.parts`, 2 * limits.recordBytes),
      proof: readProof(read, proof, `${where}.proof`),
    } satisfies EventRun;
  });
  if (events.length > 0 && !isSigned) unreadable(at, 'shows events and no header');
  return {
    offset: read.number(fields.offset, `${at}.offset`),
    appendTimeMs: read.number(fields.append_time, `${at}.append_time`),
    valueHash: read.bytes(fields.value_hash, `${at}.value_hash`, 32, 32),
    signed: isSigned
      ? {
          header: read.bytes(header, `${at}.header`, limits.headerBytes),
          signature: read.bytes(signature, `${at}.signature`, 64, 64),
        }
      : undefined,
    events,
  };
}

function requireWithin(logs: LogEvidence[]): void {
  const records = logs.reduce((sum, log) => sum + log.runs.reduce((inLog, run) => inLog + run.records.length, 0), 0);
  if (records > most.records) unreadable('logs', `show ${records} records, at most ${most.records}`);
  const places = logs.map(({ incarnation, partition }) => `${incarnation.join()}/${partition}`);
  const twice = places.findIndex((place, index) => places.indexOf(place) !== index);
  if (twice >= 0) unreadable(`logs[${twice}]`, 'is the same log as another');
}
