import type { Reason } from '../../core/wire/index.js';
import { advice } from './advice.js';
import type { Refusal } from './refusal.js';
import { outcomeOf, type SetAside, states } from './set-aside.js';
import type { ReasonTotal } from './table.js';

/** What the routes say of records that were set aside. */

const timeOf = (ms: number): string => new Date(ms).toISOString();

export function recordAnswer(record: SetAside) {
  const { header, decision } = record;
  const outcome = outcomeOf(record);
  const came = outcome?.record;
  return {
    partition: record.partition,
    offset: record.offset,
    incarnation: record.incarnation,
    appended_at: timeOf(record.appendTimeMs),
    disposition: record.disposition,
    reason: record.reason,
    detail: record.detail,
    refused_events: record.refused.length,
    bytes: record.bytes,
    value_hash: record.valueHash,
    header: header
      ? {
          kind: header.kind,
          producer_id: header.producerId,
          key_id: header.keyId,
          epoch: header.epoch,
          lane: header.lane,
          first_seq: header.firstSeq,
          count: header.count,
          header_hash: header.headerHash,
        }
      : null,
    state: record.state,
    decision: decision
      ? { kind: decision.kind, by: decision.by, at: timeOf(decision.atMs), reason: decision.reason }
      : null,
    outcome: outcome
      ? {
          kind: outcome.kind,
          offset: came?.offset ?? null,
          at: came ? timeOf(came.appendTimeMs) : null,
          reason: came?.reason || null,
        }
      : null,
  };
}

export const refusalAnswer = ({ code, reason, detail, cure }: Refusal) => ({
  code,
  reason: reason ?? null,
  detail,
  cure,
});

export function detailAnswer(record: SetAside, refusal: Refusal | undefined) {
  const reasons = [...new Set<Reason>([record.reason, ...record.refused.map(({ reason }) => reason)])];
  return {
    ...recordAnswer(record),
    refused: record.refused,
    // A reason that a newer version gave.
    advice: reasons.flatMap((reason) => (advice[reason] ? [{ reason, ...advice[reason] }] : [])),
    release: { possible: refusal === undefined, refusal: refusal ? refusalAnswer(refusal) : null },
  };
}

/** A line for each reason, those with most to decide first. */
export function totalsByReason(totals: readonly ReasonTotal[]) {
  const none = Object.fromEntries(states.map((state) => [state, 0])) as Record<(typeof states)[number], number>;
  const lines = new Map<Reason, typeof none & { reason: Reason }>();
  for (const { reason, state, records } of totals) {
    const line = lines.get(reason) ?? { reason, ...none };
    lines.set(reason, line);
    line[state] += records;
  }
  return [...lines.values()].sort((a, b) => b.open - a.open || (a.reason < b.reason ? -1 : 1));
}
