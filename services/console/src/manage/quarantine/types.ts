export const states = ['open', 'released', 'discarded'] as const;
export type State = (typeof states)[number];

/** GET /api/quarantine. */
export interface Quarantined {
  partition: number;
  offset: number;
  incarnation: string;
  appended_at: string;
  disposition: 'quarantined' | 'partial';
  reason: string;
  detail: string;
  refused_events: number;
  bytes: number;
  value_hash: string;
  header: {
    kind: string;
    producer_id: string;
    key_id: string;
    epoch: string;
    lane: number;
    first_seq: number;
    count: number;
    header_hash: string;
  } | null;
  state: State;
  decision: { kind: 'released' | 'discarded'; by: string; at: string; reason: string } | null;
  outcome: {
    kind: 'under_way' | 'accepted' | 'accepted_in_part' | 'refused_again';
    offset: number | null;
    at: string | null;
    reason: string | null;
  } | null;
}

export interface Refusal {
  code: string;
  reason: string | null;
  detail: string;
  cure: string;
}

export interface QuarantinedDetail extends Quarantined {
  refused: { index: number; reason: string; detail: string }[];
  advice: { reason: string; cause: string; cure: string; releasable: 'never' | 'once_mended' | 'later' }[];
  release: { possible: boolean; refusal: Refusal | null };
}

export interface Totals {
  by_state: Record<State, number>;
  by_reason: ({ reason: string } & Record<State, number>)[];
}

export interface EventsPage {
  readable: boolean;
  total: number;
  events: { index: number; reason: string | null; event: Record<string, unknown> | null }[];
  next_from: number | null;
}

export interface Done {
  records: { partition: number; offset: number; done: boolean; refusal: Refusal | null }[];
}
