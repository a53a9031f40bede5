import { type Finding, findingOf } from '../../../../alerts/findings/index.js';
import { createRuleIndex, detectionSql } from '../../../../alerts/match/index.js';
import type { DetectionRule, Rule } from '../../../../alerts/rules/index.js';
import {
  type Entered,
  judgeAll,
  type Locate,
  type PlannedWindow,
  planWindows,
  type WindowPlan,
} from '../../../../alerts/windows/index.js';
import { formatUuid } from '../../../../core/wire/uuid.js';
import { type BacktestLimits, backtestLimits } from './limits.js';
import { countEvents, type EventSource, planReading, readStretch, type Where } from './read-events.js';
import { type BacktestReport, type GroupHits, overTime } from './report.js';

export interface BacktestRequest {
  /** Ids of the rules that are tried; those that they refer to come along. */
  ruleIds: readonly string[];
  /** All rules that they may refer to, themselves included. */
  rules: readonly Rule[];
  /** Whose rules they are; '' is the deployment. It is part of what findings are called. */
  owner: string;
  fromUs: number;
  toUs: number;
  /** Events that were appended long after their time take part, too: for logs that were imported. */
  includeLate?: boolean;
  locate?: Locate | undefined;
}

/** Told now and then while a backtest is going on. */
export interface Progress {
  /** 0 to 1. */
  done: number;
  read: number;
  matches: number;
}

/**
 * Judges a stretch of history by rules, as the engine would have, had they been switched on at its beginning: by the same detections and
 * the same windows. Rejects with the signal's reason once it is aborted.
 */
export async function runBacktest(
  request: BacktestRequest,
  source: EventSource,
  {
    limits = backtestLimits,
    onProgress = () => {},
    now = () => performance.now(),
  }: { limits?: BacktestLimits; onProgress?: (progress: Progress) => void; now?: () => number } = {},
): Promise<BacktestReport> {
  const began = now();
  const { fromUs, toUs, owner, includeLate = false } = request;
  const rules = withBelow(request);
  const plan = planWindows(rules, { locate: request.locate, activeFromUs: () => fromUs });
  const detections = rules.filter((rule): rule is DetectionRule => rule.kind === 'detection');
  const index = createRuleIndex(detections);
  const where = conditionOf(detections);
  const runUpFromUs = Math.max(0, fromUs - runUpUs(plan, rules));
  const stretch = { fromUs: runUpFromUs, toUs };
  const events = await countEvents(source, stretch);
  const pages = await planReading(source, stretch, where, limits.pageRows);
  const total = pages.reduce((sum, page) => sum + page.events, 0);

  const entered: Entered[] = [];
  const leftOut: Record<string, number> = {};
  const matches = new Map<string, number>();
  let read = 0;
  let cut: BacktestReport['coverage']['cut'];
  for (const page of pages) {
    if (source.signal?.aborted) throw source.signal.reason;
    if (now() - began > limits.ms) cut = { why: 'time', atUs: page.fromUs };
    else if (entered.length > limits.matches) cut = { why: 'matches', atUs: page.fromUs };
    if (cut) break;
    for (const { event, appendTimeUs } of await readStretch(source, page, where)) {
      read += 1;
      const matching = index.match(event);
      if (matching.length === 0) continue;
      const { occurred_at: timeUs, id } = event.body;
      for (const { id: rule } of timeUs >= fromUs ? matching : []) matches.set(rule, (matches.get(rule) ?? 0) + 1);
      const countLeft = (left: string): void => {
        leftOut[left] = (leftOut[left] ?? 0) + 1;
      };
      const entries = plan.entriesOf(event, matching, includeLate ? timeUs : appendTimeUs, countLeft);
      if (entries.length === 0) continue;
      const eventId = formatUuid(id);
      for (const entry of entries) entered.push({ entry, timeUs, eventId });
    }
    onProgress({ done: total === 0 ? 1 : Math.min(1, read / total), read, matches: entered.length });
  }

  const judged = judgeAll(plan, entered).filter(({ rule }) => plan.windows.get(rule)!.rule.alerts);
  const hits: GroupHits[] = judged.map(({ rule, group, hits }) => ({
    rule,
    group,
    hits: hits.filter(({ timeUs }) => timeUs >= fromUs),
  }));
  const findings = judged
    .flatMap(({ rule, group, runs }): Finding[] => {
      const window = plan.windows.get(rule) as PlannedWindow;
      return runs.map((run) => findingOf(window, { owner, group, run, version: 0 }));
    })
    .sort((a, b) => a.firstHitUs - b.firstHitUs || (a.id < b.id ? -1 : 1));
  const sumOf = (of: readonly GroupHits[]): number => of.reduce((sum, one) => sum + one.hits.length, 0);
  return {
    fromUs,
    toUs,
    rules: rules.map((rule) => ({
      id: rule.id,
      title: rule.text.title,
      version: rule.version,
      alerts: rule.alerts,
      matches: matches.get(rule.id) ?? 0,
      hits: sumOf(hits.filter((one) => one.rule === rule.id)),
      findings: findings.filter((finding) => finding.rule.id === rule.id).length,
    })),
    way: where ? 'sql' : 'stream',
    coverage: { events, read, runUpFromUs, leftOut, cut, tookMs: Math.round(now() - began) },
    findings: findings.slice(0, limits.findings),
    findingsTotal: findings.length,
    hitsTotal: sumOf(hits),
    overTime: overTime({ fromUs, toUs }, hits, findings),
    hits,
    allFindings: findings,
  };
}

/** The rules and all below them, in the order of the set. */
function withBelow({ rules, ruleIds }: BacktestRequest): Rule[] {
  const ruleById = new Map(rules.map((rule) => [rule.id, rule]));
  const wanted = new Set<string>();
  const want = (id: string): void => {
    const rule = ruleById.get(id);
    if (!rule || wanted.has(id)) return;
    wanted.add(id);
    if (rule.kind === 'correlation') for (const below of rule.correlation.rules) want(below);
  };
  for (const id of ruleIds) want(id);
  return (
    rules
      .filter(({ id }) => wanted.has(id))
      // What is only there for others gives no alerts here, whatever it does by itself.
      .map((rule) => (ruleIds.includes(rule.id) ? rule : { ...rule, alerts: false }))
  );
}

/** Undefined where one of the detections cannot be said in SQL: then all events are looked at. */
function conditionOf(detections: readonly DetectionRule[]): Where {
  const conditions = detections.map(({ detection }) => detectionSql(detection));
  if (!conditions.every((one) => one !== undefined)) return undefined;
  return (bind) => `(${conditions.map((one) => `(${one(bind)})`).join(' OR ')})`;
}

/** How far back the first hit of the stretch may depend on events: the reach of a window, and of those below it. */
function runUpUs({ windows }: WindowPlan, rules: readonly Rule[]): number {
  const ruleById = new Map(rules.map((rule) => [rule.id, rule]));
  const reach = (rule: Rule): number => {
    const below = rule.kind === 'correlation' ? rule.correlation.rules.map((id) => reach(ruleById.get(id)!)) : [];
    return (windows.get(rule.id)?.reachUs ?? 0) + Math.max(0, ...below);
  };
  return Math.max(0, ...rules.map(reach));
}
