import type { IdInput, SealedBatch, SealInput } from './reference.js';
import type { RegistryInput, SealedEntry } from './reference-registry.js';
import type {
  BodyFields,
  ContentFields,
  EntryFields,
  ErasedBatchFields,
  HeaderFields,
  IdentityFields,
  JudgeContext,
  RegisteredKey,
} from './wire-types.js';

/**
 * What an implementation of the wire format shows of itself to be run over the vectors. Decoders get canonical bytes only;
 * what is not canonical comes through `judgeRecord` and `foldRegistry`.
 */
export interface WireAdapter {
  encodeBody(fields: BodyFields): Buffer;
  /** Zero bytes where every field is absent, as `encodeContent`. */
  encodeIdentity(fields: IdentityFields): Buffer;
  encodeContent(fields: ContentFields): Buffer;
  encodeHeader(fields: HeaderFields): Buffer;
  decodeBody(bytes: Buffer): BodyFields;
  decodeIdentity(bytes: Buffer): IdentityFields;
  decodeContent(bytes: Buffer): ContentFields;
  decodeHeader(bytes: Buffer): HeaderFields;
  /** `seed` is the raw 32-byte Ed25519 private key; `root` and `count` of the header come from the events. */
  sealBatch(input: SealInput): SealedBatch;
  /** The whole record value. */
  encodeErasedBatch(fields: ErasedBatchFields): Buffer;
  idFromIdempotencyKey(input: IdInput): Buffer;
  /** Whether a raw Ed25519 public key may be registered. */
  isAcceptableKey(publicKey: Buffer): boolean;
  keyId(publicKey: Buffer): Buffer;
  sealEntry(fields: EntryFields, rootSeed: Buffer): SealedEntry;
  /** `valid` per value; `keys` ordered by key id, revoked ones included. A key revoked before it was added has empty fields. */
  foldRegistry(input: RegistryInput): { valid: boolean[]; keys: RegisteredKey[] };
  /**
   * The verdict on a record alone in its lane: `record` is the reason that quarantines it whole, else null and `events` holds
   * null or a reason for each. Findings about the lane (missing_open, gap) do not show here.
   */
  judgeRecord(value: Buffer, context: JudgeContext): { record: string | null; events: (string | null)[] };
}
