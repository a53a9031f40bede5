import { headerHash } from '../reference.js';
import type { JudgeContext } from '../wire-types.js';
import { draft } from './draft.js';
import { LAST_US_OF_2199, rawEvent, STANDARD } from './material.js';

export type ContextName =
  | 'standard'
  | 'before_first_marker'
  | 'appended_in_2199'
  | 'identity_of_event_0_erased'
  | 'both_parts_erased';

/** The record whose parts the erasure contexts list. */
export const ERASED_ORIGINAL = draft({ events: [rawEvent(), rawEvent({ identity: Buffer.alloc(0) })] });
const header_hash = headerHash(ERASED_ORIGINAL.header);

export const CONTEXTS: Record<ContextName, JudgeContext> = {
  standard: STANDARD,
  before_first_marker: { ...STANDARD, registry: null },
  appended_in_2199: { ...STANDARD, append_time_ms: Number(LAST_US_OF_2199 / 1000n) },
  identity_of_event_0_erased: { ...STANDARD, erasures: [{ header_hash, index: 0, part: 'identity' }] },
  both_parts_erased: {
    ...STANDARD,
    erasures: [
      { header_hash, index: 0, part: 'identity' },
      { header_hash, index: 0, part: 'content' },
      { header_hash, index: 1, part: 'content' },
    ],
  },
};
