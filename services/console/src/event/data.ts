import type { Api } from '../api/call.js';
import type { AuditEvent, EventList } from '../api/types.js';
import { parametersOf, readQuestion } from '../explore/question.js';
import { apiBase } from './links.js';

/** What the gateway says of one part of the proof; where it is not available there may be nothing else. */
export interface ProofCheck {
  available: boolean;
  verified?: boolean;
  failed?: string | null;
  message?: string;
}

export interface Checkpoint {
  origin: string;
  size: number;
  root: string;
  signedBy: string[];
  witnesses: { name: string; at: string }[];
  missing: string[];
}

export interface Verdict {
  status: 'verified' | 'failed' | 'pending';
  available: boolean;
  verified: boolean;
  message: string;
  retry_after_seconds?: number;
  checks: {
    signature: ProofCheck & {
      record?: { partition: number; offset: number; index: number };
      signed_by?: { producer_id: string; key_id: string };
      erased?: { parts: string[]; listed_in: string[] };
    };
    inclusion: ProofCheck & { checkpoints?: Checkpoint[] };
    completeness: ProofCheck & {
      heads?: {
        log: string;
        producerId: string;
        lane: number;
        sequences: [number, number] | null;
        signedBy: string;
        at: string;
      }[];
    };
    time: ProofCheck & { attested?: { log: string; at: string; authority: string }[] };
  };
}

const of = (system: boolean, id: string): string => `${apiBase(system)}/${encodeURIComponent(id)}`;

export const loadEvent = (api: Api, system: boolean, id: string, signal: AbortSignal): Promise<AuditEvent> =>
  api.get(of(system, id), {}, signal);

export const loadVerdict = (api: Api, system: boolean, id: string, signal: AbortSignal): Promise<Verdict> =>
  api.get(`${of(system, id)}/verify`, {}, signal);

/** The evidence bundle, to the byte. */
export async function loadBundle(api: Api, system: boolean, id: string, signal?: AbortSignal): Promise<ArrayBuffer> {
  const answer = await api.raw('GET', `${of(system, id)}/proof`, { signal });
  return answer.arrayBuffer();
}

/** So many related events are listed; Explore has the others. */
const fewRelated = 6;

/** The newest events that share a value; one more than is shown, as the event itself may be among them. */
export async function loadRelated(
  api: Api,
  { filters, system, but }: { filters: Readonly<Record<string, string>>; system: boolean; but: string },
  signal: AbortSignal,
): Promise<{ events: AuditEvent[]; more: boolean }> {
  const asked = Object.fromEntries(Object.entries(filters).map(([field, value]) => [field, [value]]));
  const { query } = parametersOf(readQuestion({ ...asked, range: ['all'] }), 0);
  const { events, next_cursor } = await api.get<EventList>(
    apiBase(system),
    { ...query, limit: fewRelated + 1 },
    signal,
  );
  const others = events.filter(({ id }) => id !== but);
  return { events: others.slice(0, fewRelated), more: next_cursor !== null || others.length > fewRelated };
}
