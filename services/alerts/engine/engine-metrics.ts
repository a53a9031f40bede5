import type { Metrics } from '../../core/metrics.js';
import { createRuleCost } from './rule-cost.js';

export type EngineMetrics = ReturnType<typeof createEngineMetrics>;

export function createEngineMetrics(metrics: Metrics) {
  const { counter, gauge, histogram } = metrics;
  const ruleCost = createRuleCost();
  gauge(
    'alerts_rule_seconds',
    'Time spent on judging windows since the start, of the rules that cost most.',
    ['owner', 'rule'],
    (shown) => {
      shown.reset();
      for (const { owner, rule, seconds } of ruleCost.costliest()) shown.set({ owner, rule }, seconds);
    },
  );
  return {
    ruleCost,
    events: counter('alerts_events_total', 'Accepted events that were judged.'),
    matches: counter('alerts_matches_total', 'Detections that held of an event.'),
    tried: gauge('alerts_detections_tried', 'Detections tried since the rules were loaded.'),
    rules: gauge('alerts_rules', 'Rules that are judged.'),
    hits: counter('alerts_hits_total', 'Hits of windows, as they were first seen.'),
    findings: counter('alerts_findings_total', 'Findings by what became of them.', ['change']),
    left: counter(
      'alerts_left_out_total',
      'Matches that took no part in a window: late, or without a field it needs.',
      ['why'],
    ),
    tooLate: counter('alerts_behind_watermark_total', 'Matches that came, or came again, before what was settled.'),
    evicted: counter('alerts_evicted_total', 'What had to go before its time, so that memory is bounded.', ['what']),
    rebuilds: counter('alerts_rebuilds_total', 'Windows that were rebuilt from ClickHouse.'),
    rebuildSeconds: histogram('alerts_rebuild_seconds', 'How long it took.', [0.1, 0.5, 1, 5, 10, 30, 60, 300, 1_800]),
    judgeSeconds: histogram(
      'alerts_judge_seconds',
      'From a batch of events to its findings stored.',
      [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    ),
    matchSeconds: counter('alerts_match_seconds_total', 'Time spent on finding the rules of events.'),
    lag: gauge('alerts_lag_records', 'Records of the topic that were not judged yet.', ['partition']),
    delaySeconds: gauge('alerts_watermark_delay_seconds', 'How far the watermark is behind the clock.'),
    failures: counter('alerts_interruptions_total', 'Batches and ticks that had to be tried again.', ['what']),
    resolved: counter('alerts_resolved_total', 'Findings that came to their end.'),
  };
}
