import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDraft, writeDurably } from '../core/durable-file.js';
import { SealstreamError } from '../core/errors.js';
import { readIfThere } from '../core/log-folder/index.js';
import { parseCheckpoint, parseNote, TlogError } from '../core/tlog/index.js';

/** The newest checkpoint that was cosigned for an origin. */
export interface Cosigned {
  size: number;
  root: Uint8Array;
  /** The note, with the log's signatures that were verified and the cosignature. */
  note: string;
}

/** What a witness must never forget: a file for each origin, on disk before its cosignature is given. */
export interface WitnessState {
  /** Undefined where no checkpoint of the origin was ever cosigned. Throws `state_damaged`. */
  read(origin: string): Promise<Cosigned | undefined>;
  /** Resolves when it outlasts a loss of power. */
  write(origin: string, note: string): Promise<void>;
  /** By SHA-256 of the origin, lower-case hex. */
  readByHash(originHash: string): Promise<string | undefined>;
  /** Keeps a checkpoint that the log's key has signed and that contradicts what was cosigned: it proves that the log has two trees. */
  keepEvidence(origin: string, note: string): Promise<void>;
}

export const originHash = (origin: string): string => createHash('sha256').update(origin).digest('hex');

/** Whoever holds the log's key could fill the disk with evidence against itself. */
const maxEvidence = 1_000;

export async function openWitnessState(folder: string): Promise<WitnessState> {
  const evidence = join(folder, 'evidence');
  const fileOf = (hash: string): string => join(folder, `${hash}.checkpoint`);
  const text = async (hash: string): Promise<string | undefined> => (await readIfThere(fileOf(hash)))?.toString('utf8');
  for (const name of await readdir(folder).catch(() => [])) if (isDraft(name)) await rm(join(folder, name));
  return {
    async read(origin) {
      const note = await text(originHash(origin));
      if (note === undefined) return undefined;
      try {
        const { origin: of, size, root } = parseCheckpoint(parseNote(note).text);
        if (of === origin) return { size, root, note };
      } catch (error) {
        if (!(error instanceof TlogError)) throw error;
      }
      throw new SealstreamError(
        'state_damaged',
        `${fileOf(originHash(origin))} is not a checkpoint of ${origin}. A witness that has forgotten what it cosigned must not go on: restore the file, or retire this witness's key.`,
      );
    },
    write: (origin, note) => writeDurably([{ path: fileOf(originHash(origin)), contents: note }]),
    readByHash: text,
    async keepEvidence(origin, note) {
      const names = await readdir(evidence).catch(() => []);
      if (names.length >= maxEvidence) return;
      const name = `${originHash(origin)}.${createHash('sha256').update(note).digest('hex').slice(0, 16)}`;
      await writeDurably([{ path: join(evidence, name), contents: note }]);
    },
  };
}
