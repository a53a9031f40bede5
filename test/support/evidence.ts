import { randomBytes, sign } from 'node:crypto';
import { relatedOf } from '../../services/core/erasure/listed-parts.js';
import type { EventInput } from '../../services/core/event/index.js';
import { type EventToShow, eventRuns, logRuns, type RecordToShow } from '../../services/core/evidence/index.js';
import { completeEntry, type RegistryFact, signEntry } from '../../services/core/registry/index.js';
import { createLeafHasher, expandSalts, partDigest, type SigningKey, sha256 } from '../../services/core/seal/index.js';
import {
  cosignText,
  createNoteKey,
  createProver,
  encodeEntry,
  formatCheckpoint,
  formatNote,
  formatVkey,
  type LogEntry,
  type NoteKey,
  signatureTypes,
  signText,
} from '../../services/core/tlog/index.js';
import { createNodeTreeHasher } from '../../services/core/tlog/node.js';
import type { Bundle, Question } from '../../services/core/verify/bundle.js';
import { logOrigin, registryOrigin } from '../../services/core/verify/inclusion.js';
import type { Trust } from '../../services/core/verify/trust.js';
import { bundleToJson } from '../../services/core/verify/write-bundle.js';
import { decodeFrame, decodeHeader, type ErasablePart, eventSchema, part } from '../../services/core/wire/index.js';
import { audience, eventParts, newKey, nowMs, testProducer } from './judging.js';
import { createTlogFolder } from './tlog-folder.js';

const hasher = createNodeTreeHasher();
const noIncarnation = Buffer.alloc(16);

interface WrittenRecord {
  index: number;
  entry: LogEntry;
  value: Buffer;
}

/** A log of one shard in memory, with whatever checkpoints a test asks for. */
function createTestLog(origin: string) {
  const folder = createTlogFolder({ hasher });
  const prover = createProver({ hasher, readTile: folder.readTile });
  return {
    origin,
    append: (entry: LogEntry) => folder.append([encodeEntry(entry)]),
    get size() {
      return folder.edge.size;
    },
    root: () => prover.root(folder.edge.size),
    files: folder.files,
    prove: (start: number, end: number) => prover.range(start, end, folder.edge.size),
    prover,
  };
}

export interface Witness {
  key: SigningKey;
  noteKey: NoteKey;
  vkey: string;
}

export function testWitness(name: string): Witness {
  const key = newKey();
  const noteKey = createNoteKey({
    sha256: hasher.sha256,
    name,
    publicKey: key.publicKey,
    type: signatureTypes.cosignature,
  });
  return { key, noteKey, vkey: formatVkey(noteKey) };
}

const signer = (key: SigningKey) => (message: Uint8Array) => sign(null, message, key.privateKey);

/**
 * A deployment in memory: registry, one partition of signed records, a log over each, two witnesses. Everything a bundle is made of, each
 * piece as the services make it.
 */
export function createEvidenceWorld({
  rootKey = newKey(),
  logKey = newKey(),
  incarnation = randomBytes(16),
  startMs = nowMs,
}: {
  rootKey?: SigningKey;
  logKey?: SigningKey;
  incarnation?: Buffer;
  /** When Kafka took the first record. */
  startMs?: number;
} = {}) {
  const witnesses = [testWitness('w1.example/witness'), testWitness('w2.example/witness')];
  const place = { incarnation, partition: 0 };
  const log = createTestLog(logOrigin(audience, place));
  const registryLog = createTestLog(registryOrigin(audience));
  const records: WrittenRecord[] = [];
  const registry: { offset: number; appendTimeMs: number; value: Buffer }[] = [];
  let next = { seq: 0, prev: Buffer.alloc(32) as Buffer };
  let clock = startMs;

  const fact = (what: RegistryFact): number => {
    const entry = completeEntry(what, { audience, created_at: clock * 1_000, ...next });
    const { value, hash } = signEntry(entry, rootKey);
    next = { seq: next.seq + 1, prev: hash };
    const offset = registry.length;
    registry.push({ offset, appendTimeMs: clock, value });
    registryLog.append({
      ...{ incarnation: noIncarnation, partition: 0 },
      offset,
      appendTimeMs: clock,
      valueHash: sha256(value),
    });
    return offset;
  };
  const register = (key: SigningKey, producerId: string, change: Partial<RegistryFact> = {}): number =>
    fact({
      kind: 'key',
      key_id: key.keyId,
      algorithm: 1,
      public_key: key.publicKey,
      producer_id: producerId,
      organizations: ['*'],
      scopes: ['system', 'organization', 'application'],
      ...change,
    });

  const write = (value: Buffer): WrittenRecord => {
    clock += 1_000;
    const { header, signature } = decodeFrame(value);
    const entry: LogEntry = {
      ...place,
      offset: 100 + records.length,
      appendTimeMs: clock,
      valueHash: sha256(value),
      signed: { header, signature },
    };
    const written = { index: records.length, entry, value };
    records.push(written);
    log.append(entry);
    return written;
  };
  const markers = testProducer({ key: rootKey, producerId: 'registry', lane: 0 });
  const mark = (): WrittenRecord =>
    write(markers.record('registry', [], { first_seq: 0, registry: registry.length - 1 }).value);

  const noteOf = async (of: typeof log, by: readonly Witness[] = witnesses, key = logKey): Promise<string> => {
    const text = formatCheckpoint({ origin: of.origin, size: of.size, root: await of.root() });
    const noteKey = createNoteKey({ sha256: hasher.sha256, name: of.origin, publicKey: key.publicKey });
    const own = await signText({ text, key: noteKey, sign: signer(key) });
    const cosigned = by.map((witness) =>
      cosignText({ text, key: witness.noteKey, sign: signer(witness.key), timeSeconds: Math.floor(clock / 1_000) }),
    );
    return formatNote({ text, signatures: [own, ...(await Promise.all(cosigned))] });
  };

  /** What of a record is shown: nothing, all of its events, or those at some indices; parts named here as digests. */
  const show = (
    { index, entry, value }: WrittenRecord,
    indices: readonly number[] | 'all' | 'none' = 'none',
    erased: (at: number, name: 'identity' | 'content') => boolean = () => false,
  ): RecordToShow => {
    const { offset, appendTimeMs, valueHash, signed } = entry;
    const frame = decodeFrame(value);
    const wanted = indices === 'all' ? [...Array(frame.count).keys()] : indices === 'none' ? [] : indices;
    const salts = expandSalts(frame.saltSeed!, frame.count);
    const slice = (row: number, start: number): Buffer =>
      value.subarray(frame.parts[row + start], frame.parts[row + start + 1]);
    const events = wanted.map((at): EventToShow => {
      const row = at * part.stride;
      const erasable = (name: 'identity' | 'content'): ErasablePart => {
        const bytes = slice(row, name === 'identity' ? part.identityStart : part.contentStart);
        const saltAt = at * 32 + (name === 'identity' ? 0 : 16);
        const salt = salts.subarray(saltAt, saltAt + 16);
        if (bytes.length === 0) return { tag: 'empty', data: bytes };
        if (erased(at, name)) return { tag: 'digest', data: partDigest(salt, bytes) };
        return { tag: 'salted', data: Buffer.concat([salt, bytes]) };
      };
      return {
        index: at,
        body: slice(row, part.bodyStart),
        identity: erasable('identity'),
        content: erasable('content'),
      };
    });
    const { leaves } = createLeafHasher().ofFrame(frame);
    return { index, offset, appendTimeMs, valueHash, signed, events: eventRuns(hasher, leaves, events) };
  };

  const bundle = async (
    shown: readonly RecordToShow[],
    {
      question = { kind: 'range' },
      range = null,
      sealed = true,
      timestamps = [],
      note,
    }: {
      question?: Question;
      range?: [number, number] | null;
      sealed?: boolean;
      timestamps?: Uint8Array[];
      note?: string;
    } = {},
  ): Promise<Bundle> => ({
    question,
    deployment: {
      audience,
      rootKey: rootKey.publicKey,
      logKeys: [formatVkey(createNoteKey({ sha256: hasher.sha256, name: log.origin, publicKey: logKey.publicKey }))],
    },
    schema: eventSchema,
    registry: {
      records: registry,
      log: sealed
        ? { checkpoint: await noteOf(registryLog), timestamps: [], proof: await registryLog.prove(0, registry.length) }
        : null,
    },
    logs: [
      {
        ...place,
        checkpoint: sealed ? (note ?? (await noteOf(log))) : null,
        timestamps,
        range,
        runs: await logRuns(shown, sealed ? log.prove : undefined),
      },
    ],
  });

  const trust: Trust = {
    audience,
    rootKey: rootKey.publicKey.toString('base64'),
    logKeys: [logKey.publicKey.toString('base64')],
    witnesses: witnesses.map(({ vkey }) => vkey),
    quorum: 2,
  };

  return {
    rootKey,
    logKey,
    witnesses,
    place,
    log,
    registryLog,
    registry,
    records,
    trust,
    fact,
    register,
    write,
    mark,
    noteOf,
    show,
    bundle,
    /** The list of erased parts as the gateway publishes it. */
    erasureParts: (headerHash: string, index: number, name: 'identity' | 'content') =>
      eventParts({
        action: 'erasure.listed',
        scope: 'system',
        organization_id: '',
        related: relatedOf([{ headerHash, index, part: name }])[0]!,
      } as Partial<EventInput>),
    json: async (...args: Parameters<typeof bundle>) => bundleToJson(await bundle(...args)),
    headerOf: ({ entry }: WrittenRecord) => decodeHeader(Buffer.from(entry.signed!.header)),
  };
}

export type EvidenceWorld = ReturnType<typeof createEvidenceWorld>;

/** A producer's lane in the world: marker, open, three batches of 2, 5 and 3 events, heartbeat. */
export function writeLane(world: EvidenceWorld, producerId = 'shop') {
  const key = newKey();
  world.register(key, producerId);
  const marker = world.mark();
  const producer = testProducer({ key, producerId });
  const open = world.write(producer.open());
  const inputs = (count: number, from: number) =>
    Array.from({ length: count }, (_, at) =>
      eventParts({
        target: { type: 'order', id: `o${from + at}` },
        message: `Order ${from + at} was paid`,
        details: { at },
      }),
    );
  const batches = [2, 5, 3].map((count, at) => world.write(producer.record('data', inputs(count, at * 10)).value));
  const heartbeat = world.write(producer.heartbeat());
  return { key, producer, marker, open, batches, heartbeat, all: [marker, open, ...batches, heartbeat] };
}
