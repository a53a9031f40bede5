import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';
import { backoff } from '../../core/retry.js';
import type { NoteSignature, Prover } from '../../core/tlog/index.js';
import type { SignedTree } from '../signer.js';
import type { Witness, WitnessAnswer, WitnessTrouble } from './answer.js';

/** One witness asked for one shard's checkpoints: always the newest, one at a time, again and again while it is away. */
export interface Cosigner {
  readonly witness: Witness;
  /** False after a failure, until it has answered again: nothing waits for it meanwhile. */
  readonly well: boolean;
  submit(tree: SignedTree): void;
  stop(): void;
}

/** A witness that says 409 is asked again with the size that it said; it may have taken another meanwhile. */
const attempts = 4;
const waits = { firstMs: 1_000, mostMs: 60_000 };

export function createCosigner({
  witness,
  origin,
  prover,
  onCosigned,
  onTrouble,
  log,
}: {
  witness: Witness;
  origin: string;
  prover: Prover;
  onCosigned: (size: number, signature: NoteSignature) => void;
  onTrouble: (size: number, trouble: WitnessTrouble, detail: string) => void;
  log: Logger;
}): Cosigner {
  let well = true;
  /** Until the witness has said what it has (409), the empty tree is as good a guess as any. */
  let cosigned = 0;
  let wanted: SignedTree | undefined;
  let isWorking = false;
  const stopping = new AbortController();

  /** Throws a Refusal where the witness says no. */
  const cosign = async ({ size, note }: SignedTree): Promise<NoteSignature> => {
    let old = cosigned;
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const proof = old === 0 || old === size ? [] : await prover.consistency(old, size);
      const answer = await witness.addCheckpoint({ old, proof, note });
      if (answer.kind === 'cosigned') return answer.signature;
      if (answer.kind === 'refused') throw refusalOf(answer);
      if (answer.size > size) {
        const detail = `has cosigned ${answer.size} entries, and this log has signed ${size}: another signs with its key, or folder and Kafka were set back`;
        throw new Refusal('ahead', detail);
      }
      old = answer.size;
    }
    throw new Error(`answered ${attempts} times that it has another size`);
  };

  const work = async (): Promise<void> => {
    const pauses = backoff(waits);
    while (wanted && !stopping.signal.aborted) {
      const tree = wanted;
      wanted = undefined;
      try {
        const signature = await cosign(tree);
        if (!well) log.info({ witness: witness.name, origin, size: tree.size }, 'the witness cosigns again');
        well = true;
        cosigned = tree.size;
        onCosigned(tree.size, signature);
      } catch (error) {
        if (stopping.signal.aborted) return;
        const trouble = error instanceof Refusal ? error.trouble : 'away';
        const level = trouble === 'away' ? 'warn' : 'error';
        if (well || trouble !== 'away') {
          const detail = `witness ${witness.name} ${messageOf(error)}`;
          log[level]({ witness: witness.name, origin, size: tree.size, trouble }, detail);
        }
        well = false;
        onTrouble(tree.size, trouble, messageOf(error));
        wanted ??= tree;
        await sleep(pauses.next().value, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
      }
    }
  };

  return {
    witness,
    get well() {
      return well;
    },
    submit(tree) {
      wanted = tree;
      if (isWorking) return;
      isWorking = true;
      void work().finally(() => {
        isWorking = false;
      });
    },
    stop: () => stopping.abort(),
  };
}

class Refusal extends Error {
  readonly trouble: WitnessTrouble;
  constructor(trouble: WitnessTrouble, message: string) {
    super(message);
    this.name = 'Refusal';
    this.trouble = trouble;
  }
}

function refusalOf({ status, detail }: Extract<WitnessAnswer, { kind: 'refused' }>): Refusal {
  const said = detail === '' ? '' : `: ${detail}`;
  if (status === 422) {
    return new Refusal(
      'fork',
      `refuses the tree as inconsistent with what it has cosigned (422)${said}. Two trees of this log were signed.`,
    );
  }
  if (status === 404) return new Refusal('unknown_log', `does not know this log (404)${said}: add its key there`);
  if (status === 403) return new Refusal('unknown_log', `knows this log by another key (403)${said}`);
  return new Refusal('refused', `refuses the request (${status})${said}`);
}
