import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../core/errors.js';
import type { Logger } from '../core/log.js';
import type { NoteSignature } from '../core/tlog/index.js';
import type { ShardFolder } from './folder.js';
import type { LogSigner, SignedTree } from './signer.js';
import { addSignatures } from './signer.js';
import type { Cosigner } from './witnesses/cosigner.js';

/** Puts a shard's checkpoints where readers find them. */
export interface Publisher {
  /**
   * With those cosignatures that come in time; later ones are added. Resolves when the checkpoint is kept and is the newest, unless a
   * later one is there already.
   */
  publish(tree: SignedTree, step: (name: 'after_cosign' | 'after_kept') => void): Promise<void>;
  /** Adds the log's own signatures that the newest checkpoint lacks, asks for the cosignatures that it lacks, as after a start. */
  resume(tree: SignedTree): Promise<void>;
  /** Puts the newest checkpoint back where a process that slept has put an older one in its place. */
  look(): Promise<void>;
  /** Nothing is written any more when it has resolved. */
  stop(): Promise<void>;
}

export interface PublisherOptions {
  origin: string;
  folder: ShardFolder;
  signer: LogSigner;
  /** How long a checkpoint waits for witnesses that are well. */
  waitMs: number;
  askWitnesses: (heard: Heard) => readonly Cosigner[];
  onPublished: (tree: SignedTree) => void;
  log: Logger;
}

/** Who is told what witnesses answer, by their vkeys. */
export interface Heard {
  onCosigned: (vkey: string, size: number, signature: NoteSignature) => void;
  onTrouble: (vkey: string, size: number) => void;
}

/** What has come for a checkpoint that is being published, and who has not answered. */
interface Collection {
  size: number;
  signatures: NoteSignature[];
  /** Those that are waited for, by vkey. */
  missing: Set<string>;
  done: () => void;
}

export function createPublisher({
  origin,
  folder,
  signer,
  waitMs,
  askWitnesses,
  onPublished,
  log,
}: PublisherOptions): Publisher {
  let newest: SignedTree | undefined;
  let collecting: Collection | undefined;
  let stopped = false;
  let last: Promise<unknown> = Promise.resolve();
  /** One write after the other: a cosignature is added to what is there. */
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work);
    last = mine.catch(() => {});
    return mine;
  };

  const settle = (vkey: string, size: number, signatures: NoteSignature[]): boolean => {
    if (collecting?.size !== size) return false;
    collecting.signatures.push(...signatures);
    collecting.missing.delete(vkey);
    if (collecting.missing.size === 0) collecting.done();
    return true;
  };
  const cosigners = askWitnesses({
    onCosigned(vkey, size, signature) {
      if (settle(vkey, size, [signature])) return;
      void alone(() => addLate(size, [signature])).catch((error) =>
        log.error({ origin, size, error: messageOf(error) }, 'a cosignature could not be added'),
      );
    },
    onTrouble: (vkey, size) => void settle(vkey, size, []),
  });

  const collect = async (tree: SignedTree): Promise<NoteSignature[]> => {
    const missing = new Set(cosigners.filter(({ well }) => well).map(({ witness }) => witness.vkey));
    const all = new Promise<void>((done) => {
      collecting = { size: tree.size, signatures: [], missing, done };
    });
    for (const cosigner of cosigners) cosigner.submit(tree);
    if (missing.size > 0) {
      const enough = new AbortController();
      await Promise.race([all, sleep(waitMs, undefined, { signal: enough.signal }).catch(() => {})]);
      enough.abort();
    }
    const { signatures } = collecting!;
    // What comes from now on waits for the writing, and is added then.
    collecting = undefined;
    return signatures;
  };

  const put = async (tree: SignedTree): Promise<void> => {
    const there = await folder.checkpoint();
    if (there === tree.note || (there !== undefined && (await sizeOf(there)) > tree.size)) return;
    await folder.putCheckpoint(tree.note);
  };
  const sizeOf = async (note: string): Promise<number> => {
    try {
      return (await signer.open(origin, note)).size;
    } catch {
      return -1;
    }
  };

  const keep = async (tree: SignedTree, signatures: readonly NoteSignature[]): Promise<SignedTree> => {
    const kept = await folder.checkpointAt(tree.size);
    const note = addSignatures(kept !== undefined && (await sizeOf(kept)) === tree.size ? kept : tree.note, signatures);
    if (note !== kept) await folder.keepCheckpoint(tree.size, note);
    return { ...tree, note };
  };

  const addLate = async (size: number, signatures: readonly NoteSignature[]): Promise<void> => {
    if (stopped) return;
    const kept = await folder.checkpointAt(size);
    if (kept === undefined) return;
    const tree = await keep(await signer.open(origin, kept), signatures);
    if (newest?.size !== size) return;
    newest = tree;
    await put(tree);
  };

  return {
    async publish(tree, step) {
      const wait = collect(tree);
      await alone(async () => {
        const signatures = await wait;
        step('after_cosign');
        const kept = await keep(tree, signatures);
        step('after_kept');
        newest = kept;
        await put(kept);
      });
      onPublished(newest!);
    },
    async resume(tree) {
      newest = tree;
      // A shard that stands still must get the signature of a key that came since, too, or it is lost when the old key goes.
      const signatures = await signer.missing(origin, tree.note);
      if (signatures.length > 0) {
        await alone(async () => {
          newest = await keep(tree, signatures);
          await put(newest);
        });
      }
      for (const cosigner of cosigners) if (!(await cosigner.witness.hasCosigned(newest.note))) cosigner.submit(newest);
    },
    look: () =>
      alone(async () => {
        if (newest && !stopped) await put(newest);
      }),
    async stop() {
      stopped = true;
      for (const cosigner of cosigners) cosigner.stop();
      await last;
    },
  };
}
