import type { Organizations } from '../chosen.js';

export const states = ['requested', 'finding', 'rewriting', 'waiting', 'removing', 'done'] as const;
export type ErasureState = (typeof states)[number];

/** GET /api/erasures. */
export interface Erasure {
  id: string;
  state: ErasureState;
  subject_kind: string;
  subject_hash: string;
  parts: string[];
  legal_basis: string;
  reason: string;
  organizations: Organizations;
  requested_by: string;
  requested_at: string;
  completed_at: string | null;
  progress: {
    events: number;
    parts: number;
    records: number;
    quarantined_records: number;
    alerts: number;
    unreadable: number;
  };
  error: string | null;
  raw_topic: RawTopic;
}

export interface RawTopic {
  topic: string;
  retention_seconds: number | null;
  gone_by: string | null;
}

/** What it is at, for people. */
export const stateWords: Readonly<Record<ErasureState, string>> = {
  requested: 'Asked for',
  finding: 'Finding the events and announcing their parts',
  rewriting: 'Rewriting what is stored',
  waiting: 'Waiting for what Kafka had when it was asked for',
  removing: 'Removing the files of before',
  done: 'Done',
};

/** Of 1: one of its steps after the other, however long each takes. */
export const shareDone = (state: ErasureState): number => states.indexOf(state) / (states.length - 1);

export interface NewErasure {
  kind: 'actor_id' | 'email' | 'filter';
  subject: string;
  as: 'any' | 'actor' | 'target';
  parts: 'identity' | 'content' | 'both';
  legalBasis: string;
  reason: string;
  /** Empty for all of the asker's. */
  organization: string;
}

/** As POST /api/erasures takes it. A filter is the query language. */
export function bodyOf({ kind, subject, as, parts, legalBasis, reason, organization }: NewErasure): object {
  const text = subject.trim();
  const role = as === 'any' ? {} : { as };
  const who =
    kind === 'filter'
      ? { filter: { q: text } }
      : kind === 'email'
        ? { email: text, ...role }
        : { actor_id: text, ...role };
  return {
    subject: who,
    parts,
    legal_basis: legalBasis.trim(),
    ...(reason.trim() === '' ? {} : { reason: reason.trim() }),
    ...(organization === '' ? {} : { organization }),
  };
}

/** Told apart by what they say, and the same for a form that is sent twice. */
export const newIdempotencyKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
