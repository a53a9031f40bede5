import type { NoteSignature } from '../../core/tlog/index.js';

/** What a witness answered to a checkpoint (C2SP tlog-witness, `add-checkpoint`). */
export type WitnessAnswer =
  /** By the witness's own key, verified. */
  | { kind: 'cosigned'; signature: NoteSignature }
  /** The witness's newest checkpoint is of this size. */
  | { kind: 'other_size'; size: number }
  /** It will not cosign this tree. */
  | { kind: 'refused'; status: number; detail: string };

/** A witness as the sealer asks it. */
export interface Witness {
  readonly name: string;
  readonly vkey: string;
  readonly sameOperator: boolean;
  /** Rejects where the witness is away, or answers what no witness answers. */
  addCheckpoint(request: { old: number; proof: readonly Uint8Array[]; note: string }): Promise<WitnessAnswer>;
  /** Whether the note holds a cosignature of this witness that is right. */
  hasCosigned(note: string): Promise<boolean>;
}

/** Why a witness does not cosign; labels of metrics. */
export type WitnessTrouble =
  /** Not reachable, too slow, or an answer that is none. */
  | 'away'
  /** It has cosigned a larger tree of this log than this sealer ever signed. */
  | 'ahead'
  /** It was shown another tree of this size, or the proof does not hold: somebody has two trees. */
  | 'fork'
  /** It does not know this log, or not its key. */
  | 'unknown_log'
  | 'refused';
