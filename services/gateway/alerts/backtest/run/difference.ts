import type { Finding } from '../../../../alerts/findings/index.js';
import type { BacktestReport, GroupHits } from './report.js';

/** What one version of a rule finds and another does not. */
export interface Difference {
  findings: { both: number; onlyOld: Finding[]; onlyNew: Finding[]; onlyOldTotal: number; onlyNewTotal: number };
  /** Events at which the condition held, by group. */
  hits: { both: number; onlyOld: EventOf[]; onlyNew: EventOf[]; onlyOldTotal: number; onlyNewTotal: number };
  /** Until here both were looked at; behind it they are not compared. µs. */
  comparedToUs: number;
}

export interface EventOf {
  eventId: string;
  atUs: number;
  group: readonly string[];
}

const mostShown = 50;

/**
 * Compares two reports over the same stretch. Findings are the same when they are about the same group and their times overlap: a run that
 * begins earlier or ends later is still the run of the same trouble.
 */
export function difference(before: BacktestReport, after: BacktestReport): Difference {
  const comparedToUs = Math.min(...[before, after].map(({ coverage, toUs }) => coverage.cut?.atUs ?? toUs));
  const within = ({ firstHitUs }: Finding): boolean => firstHitUs < comparedToUs;
  const [was, is] = [before.allFindings.filter(within), after.allFindings.filter(within)];
  const onlyOld = without(was, is);
  const onlyNew = without(is, was);
  const [oldHits, newHits] = [hitsOf(before.hits, comparedToUs), hitsOf(after.hits, comparedToUs)];
  const lost = [...oldHits].filter(([key]) => !newHits.has(key)).map(([, hit]) => hit);
  const won = [...newHits].filter(([key]) => !oldHits.has(key)).map(([, hit]) => hit);
  return {
    findings: {
      both: is.length - onlyNew.length,
      onlyOld: onlyOld.slice(0, mostShown),
      onlyNew: onlyNew.slice(0, mostShown),
      onlyOldTotal: onlyOld.length,
      onlyNewTotal: onlyNew.length,
    },
    hits: {
      both: newHits.size - won.length,
      onlyOld: lost.slice(0, mostShown),
      onlyNew: won.slice(0, mostShown),
      onlyOldTotal: lost.length,
      onlyNewTotal: won.length,
    },
    comparedToUs,
  };
}

const groupKey = ({ organizationId, group }: Finding): string => JSON.stringify([organizationId, ...group.values]);

function without(findings: readonly Finding[], others: readonly Finding[]): Finding[] {
  const byGroup = new Map<string, Finding[]>();
  for (const other of others) byGroup.set(groupKey(other), [...(byGroup.get(groupKey(other)) ?? []), other]);
  return findings.filter(
    ({ firstSeenUs, lastSeenUs, ...finding }) =>
      !byGroup
        .get(groupKey({ firstSeenUs, lastSeenUs, ...finding }))
        ?.some((other) => other.firstSeenUs <= lastSeenUs && firstSeenUs <= other.lastSeenUs),
  );
}

const hitsOf = (groups: readonly GroupHits[], toUs: number): Map<string, EventOf> =>
  new Map(
    groups.flatMap(({ group, hits }) =>
      hits
        .filter(({ timeUs }) => timeUs < toUs)
        .map(({ eventId, timeUs }) => [JSON.stringify([eventId, group]), { eventId, atUs: timeUs, group }] as const),
    ),
  );
