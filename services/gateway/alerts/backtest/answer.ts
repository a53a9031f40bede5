import { formatTimestampUs } from '../../../core/event/time.js';
import type { EventAnswer } from '../../query/answer.js';
import { findingAnswer } from './finding-schema.js';
import type { BacktestReport, Difference } from './run/index.js';

const noEvents: ReadonlyMap<string, EventAnswer> = new Map();

export const backtestAnswer = (
  report: BacktestReport,
  events: ReadonlyMap<string, EventAnswer>,
  compared: { difference: Difference; old: BacktestReport } | undefined,
) => ({
  from: formatTimestampUs(report.fromUs),
  to: formatTimestampUs(report.toUs),
  rules: report.rules,
  findings_total: report.findingsTotal,
  hits_total: report.hitsTotal,
  findings: report.findings.map((finding) => findingAnswer(finding, events)),
  over_time: report.overTime.map(({ atUs, ...counts }) => ({ at: formatTimestampUs(atUs), ...counts })),
  coverage: coverageAnswer(report),
  difference: compared
    ? { ...differenceAnswer(compared.difference), old_coverage: coverageAnswer(compared.old) }
    : null,
});

const coverageAnswer = ({ way, coverage }: BacktestReport) => ({
  events: coverage.events,
  read: coverage.read,
  way,
  run_up_from: formatTimestampUs(coverage.runUpFromUs),
  left_out: coverage.leftOut,
  complete: coverage.cut === undefined,
  cut: coverage.cut ? { why: coverage.cut.why, at: formatTimestampUs(coverage.cut.atUs) } : null,
  took_ms: coverage.tookMs,
});

const differenceAnswer = ({ findings, hits, comparedToUs }: Difference) => ({
  compared_to: formatTimestampUs(comparedToUs),
  findings: {
    both: findings.both,
    only_old_total: findings.onlyOldTotal,
    only_new_total: findings.onlyNewTotal,
    only_old: findings.onlyOld.map((one) => findingAnswer(one, noEvents)),
    only_new: findings.onlyNew.map((one) => findingAnswer(one, noEvents)),
  },
  hits: {
    both: hits.both,
    only_old_total: hits.onlyOldTotal,
    only_new_total: hits.onlyNewTotal,
    only_old: hits.onlyOld.map(({ eventId, atUs }) => ({ event_id: eventId, at: formatTimestampUs(atUs) })),
    only_new: hits.onlyNew.map(({ eventId, atUs }) => ({ event_id: eventId, at: formatTimestampUs(atUs) })),
  },
});
