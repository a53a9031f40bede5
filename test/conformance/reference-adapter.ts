import type { WireAdapter } from './adapter.js';
import { isAcceptableKey } from './edwards.js';
import * as reference from './reference.js';
import { referenceJudgeRecord } from './reference-judge.js';
import { referenceFoldRegistry, sealEntry } from './reference-registry.js';

/** The reference under its own vectors: it shows that the runner asks for nothing that the fixture does not hold. */
export const referenceAdapter: WireAdapter = {
  encodeBody: (fields) => reference.encodeBody(fields),
  encodeIdentity: reference.encodeIdentity,
  encodeContent: reference.encodeContent,
  encodeHeader: reference.encodeHeader,
  decodeBody: reference.decodeBody,
  decodeIdentity: reference.decodeIdentity,
  decodeContent: reference.decodeContent,
  decodeHeader: reference.decodeHeader,
  sealBatch: reference.sealBatch,
  encodeErasedBatch: (fields) => reference.encodeErasedBatch(fields),
  idFromIdempotencyKey: reference.idFromIdempotencyKey,
  isAcceptableKey,
  keyId: reference.keyId,
  sealEntry,
  foldRegistry: (input) => {
    const { faults, keys } = referenceFoldRegistry(input);
    return { valid: faults.map((fault) => fault === null), keys };
  },
  judgeRecord: referenceJudgeRecord,
};
