import type { Finding } from '../../../../alerts/findings/index.js';
import type { Hit } from '../../../../alerts/windows/index.js';

/** What a rule would have found. Times are µs since 1970. */
export interface BacktestReport {
  fromUs: number;
  toUs: number;
  rules: {
    id: string;
    title: string;
    version: string;
    alerts: boolean;
    matches: number;
    hits: number;
    findings: number;
  }[];
  /** How matching events were found: ClickHouse gave only those that match, or all events were tried in memory. */
  way: 'sql' | 'stream';
  coverage: {
    /** Events in the stretch, the run-up to it included. */
    events: number;
    /** Those that were taken out of ClickHouse and tried. */
    read: number;
    /** Where the run-up begins, that windows reach back to. */
    runUpFromUs: number;
    /** Why events that a detection let through took no part. */
    leftOut: Readonly<Record<string, number>>;
    /** Undefined where all was looked at. Otherwise nothing at or behind `atUs` was. */
    cut: { why: 'time' | 'matches'; atUs: number } | undefined;
    tookMs: number;
  };
  /** The oldest first; as many as may be listed. */
  findings: Finding[];
  findingsTotal: number;
  hitsTotal: number;
  overTime: { atUs: number; hits: number; findings: number }[];
  /** All hits by rule and group, to compare reports; not shown. */
  hits: readonly GroupHits[];
  /** All findings; not shown. */
  allFindings: readonly Finding[];
}

export interface GroupHits {
  rule: string;
  group: readonly string[];
  hits: readonly Pick<Hit, 'timeUs' | 'eventId'>[];
}

const slots = 48;
const nice = [1, 5, 15, 60, 300, 900, 3_600, 21_600, 86_400, 604_800].map((seconds) => seconds * 1_000_000);

/** Counts in slots of a round length, empty ones too. */
export function overTime(
  { fromUs, toUs }: { fromUs: number; toUs: number },
  hits: readonly GroupHits[],
  findings: readonly Finding[],
): BacktestReport['overTime'] {
  const slotUs = nice.find((length) => (toUs - fromUs) / length <= slots) ?? Math.ceil((toUs - fromUs) / slots);
  const first = Math.floor(fromUs / slotUs);
  const count = Math.max(1, Math.ceil(toUs / slotUs) - first);
  const counted = Array.from({ length: count }, (_, at) => ({ atUs: (first + at) * slotUs, hits: 0, findings: 0 }));
  const slotOf = (us: number) => counted[Math.floor(us / slotUs) - first];
  for (const one of hits) {
    for (const { timeUs } of one.hits) {
      const slot = slotOf(timeUs);
      if (slot) slot.hits += 1;
    }
  }
  for (const { firstHitUs } of findings) {
    const slot = slotOf(firstHitUs);
    if (slot) slot.findings += 1;
  }
  return counted;
}
