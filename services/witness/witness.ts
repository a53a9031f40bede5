import {
  cosignText,
  formatNote,
  formatSignatureLines,
  type NoteKey,
  type OpenedCheckpoint,
  openCheckpoint,
  parseCheckpoint,
  parseNote,
  type Sign,
  TlogError,
  type TreeHasher,
  type VerifySignature,
  verifyConsistency,
} from '../core/tlog/index.js';
import { Refusal } from './errors.js';
import type { KnownLogs } from './logs.js';
import { type AddCheckpointRequest, parseRequest } from './request.js';
import type { Cosigned, WitnessState } from './state.js';

/** Between which a crash can fall. Tests stop the process at each of them. */
export const steps = ['before_state', 'after_state'] as const;
export type Step = (typeof steps)[number];

/** Cosigns checkpoints that are consistent with all it has cosigned of the same log (C2SP tlog-witness). */
export interface WitnessService {
  /** Resolves with signature lines. Throws a Refusal. */
  addCheckpoint(body: Uint8Array): Promise<{ origin: string; size: number; lines: string }>;
  /** The newest cosigned checkpoint of a log, by the hash of its origin. */
  checkpoint(originHash: string): Promise<string | undefined>;
}

export function createWitnessService({
  key,
  sign,
  logs,
  state,
  hasher,
  verify,
  nowSeconds,
  onStep,
  onFork,
}: {
  /** Of type cosignature. */
  key: NoteKey;
  sign: Sign;
  logs: KnownLogs;
  state: WitnessState;
  hasher: TreeHasher;
  verify: VerifySignature;
  nowSeconds: () => number;
  onStep: (step: Step) => void;
  /** A log's key has signed another tree of the size that was cosigned. */
  onFork: (origin: string, message: string) => void;
}): WitnessService {
  /** By origin: what is checked against the state and what becomes the state must not be torn apart. */
  const turns = new Map<string, Promise<unknown>>();
  const inTurn = async <T>(origin: string, work: () => Promise<T>): Promise<T> => {
    const mine = (turns.get(origin) ?? Promise.resolve()).then(work);
    const settled = mine.catch(() => {});
    turns.set(origin, settled);
    try {
      return await mine;
    } finally {
      if (turns.get(origin) === settled) turns.delete(origin);
    }
  };

  const decide = async (request: AddCheckpointRequest, opened: OpenedCheckpoint): Promise<string> => {
    const { checkpoint, text } = opened;
    const { origin } = checkpoint;
    const known = await state.read(origin);
    const newest = known?.size ?? 0;
    if (request.old !== newest) {
      throw new Refusal(409, `the newest cosigned checkpoint of ${origin} has size ${newest}`, { size: newest });
    }
    const fault = inconsistency({ request, opened, known, hasher });
    if (fault?.isFork) {
      await state.keepEvidence(origin, request.note);
      onFork(origin, fault.message);
    }
    if (fault) throw new Refusal(422, fault.message);
    const cosignature = await cosignText({ text, key, sign, timeSeconds: nowSeconds() });
    const signatures = [...opened.signatures.map(({ signature }) => signature), cosignature];
    onStep('before_state');
    await state.write(origin, formatNote({ text, signatures }));
    onStep('after_state');
    return formatSignatureLines([cosignature]);
  };

  return {
    async addCheckpoint(body) {
      const request = parseRequest(body);
      const opened = await openRequest({ note: request.note, logs, verify });
      const { origin, size } = opened.checkpoint;
      if (request.old > size)
        throw new Refusal(400, `the old size ${request.old} is larger than the checkpoint's, ${size}`);
      return { origin, size, lines: await inTurn(origin, () => decide(request, opened)) };
    },
    checkpoint: (hash) => state.readByHash(hash),
  };
}

/** The checkpoint, signed by a key that is trusted for its origin. */
async function openRequest({
  note,
  logs,
  verify,
}: {
  note: string;
  logs: KnownLogs;
  verify: VerifySignature;
}): Promise<OpenedCheckpoint> {
  try {
    const { origin } = parseCheckpoint(parseNote(note).text);
    const logKeys = logs.keysOf(origin);
    if (logKeys.length === 0) throw new Refusal(404, `the log ${origin} is not known here`);
    return await openCheckpoint({ note, origin, logKeys, verify });
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    const isUntrusted = error.code === 'invalid_signature' || error.code === 'unverified_note';
    throw new Refusal(isUntrusted ? 403 : 400, error.message, { cause: error });
  }
}

/**
 * Why the checkpoint is no continuation of what was cosigned; undefined where it is one. Two signed trees of one size prove that the log
 * has forked; a proof that does not hold proves nothing, for anybody can send a log's checkpoint with a proof that is wrong.
 */
function inconsistency({
  request: { old, proof },
  opened: { checkpoint },
  known,
  hasher,
}: {
  request: AddCheckpointRequest;
  opened: OpenedCheckpoint;
  known: Cosigned | undefined;
  hasher: TreeHasher;
}): { message: string; isFork: boolean } | undefined {
  const { origin, size, root } = checkpoint;
  const isRoot = (other: Uint8Array): boolean => Buffer.from(root).equals(other);
  const fault = (message: string, isFork = false) => ({ message, isFork });
  if (size === 0 && !isRoot(hasher.root(new Uint8Array(0)))) {
    return fault(`the root of ${origin} at size 0 is not the empty tree's`);
  }
  if (old === 0) return proof.length === 0 ? undefined : fault('a proof from the empty tree has no hashes');
  if (old === size && !isRoot(known!.root)) {
    const message = `${origin} has two trees of size ${size}: this one has another root than the one that was cosigned`;
    return fault(message, true);
  }
  try {
    verifyConsistency({ hasher, oldSize: old, oldRoot: known!.root, size, root, proof });
    return undefined;
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    return fault(
      `the tree of ${origin} of size ${size} is not shown to continue the one of size ${old} that was cosigned: ${error.message}`,
    );
  }
}
