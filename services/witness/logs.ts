import { SealstreamError } from '../core/errors.js';
import { createNoteKey, type NoteKey, parseVkey, signatureTypes, TlogError } from '../core/tlog/index.js';
import { sha256 } from '../core/tlog/node.js';

/** The logs that a witness takes. */
export interface KnownLogs {
  /** The keys that may sign for an origin; none where the log is unknown. */
  keysOf(origin: string): NoteKey[];
}

const anyShard = '/*';

/**
 * From verification keys (C2SP signed-note). The key's name is the log's origin; a name that ends in "/*" takes every origin below it,
 * because a deployment's shards (one for each partition) come and go and are all signed with one key.
 */
export function readKnownLogs(vkeys: readonly string[]): KnownLogs {
  const keys = vkeys.map((vkey) => {
    try {
      return parseVkey({ sha256, vkey });
    } catch (error) {
      if (!(error instanceof TlogError)) throw error;
      throw new SealstreamError('config', `a log's key cannot be used: ${error.message}`, { cause: error });
    }
  });
  const cosigner = keys.find(({ type }) => type !== signatureTypes.ed25519);
  if (cosigner) throw new SealstreamError('config', `${cosigner.name} is a witness's key, not a log's`);
  return {
    keysOf(origin) {
      const own = keys.filter(({ name }) => name === origin);
      const below = keys.filter(({ name }) => name.endsWith(anyShard) && isBelow(origin, name.slice(0, -1)));
      return [...own, ...below.map(({ publicKey }) => createNoteKey({ sha256, name: origin, publicKey }))];
    },
  };
}

const isBelow = (origin: string, prefix: string): boolean => origin.startsWith(prefix) && origin.length > prefix.length;
