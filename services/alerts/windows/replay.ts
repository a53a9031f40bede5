import { type GroupJudgement, judgeGroup } from './group.js';
import { compareText, type Entry, type WindowMatch } from './match.js';
import type { WindowPlan } from './plan.js';

/** An entry and the event it is made of. */
export interface Entered {
  entry: Entry;
  timeUs: number;
  eventId: string;
}

export interface JudgedGroup extends GroupJudgement {
  rule: string;
  group: readonly string[];
}

/** All groups of all rules, judged over a whole set of entries at once: what the live engine must come to, and what a backtest gives. */
export function judgeAll(plan: WindowPlan, entered: readonly Entered[]): JudgedGroup[] {
  const byRule = new Map<string, Map<string, { group: readonly string[]; matches: WindowMatch[] }>>();
  const enter = ({ entry: { rule, group, input, value, feeds }, timeUs, eventId }: Entered): void => {
    const groups = byRule.get(rule) ?? new Map();
    byRule.set(rule, groups);
    const key = JSON.stringify(group);
    const one = groups.get(key) ?? { group, matches: [] };
    groups.set(key, one);
    one.matches.push({ timeUs, eventId, input, value, feeds });
  };
  for (const one of entered) enter(one);
  const judged: JudgedGroup[] = [];
  for (const [rule, window] of plan.windows) {
    const groups = [...(byRule.get(rule) ?? [])].sort(([a], [b]) => compareText(a, b));
    for (const [, { group, matches }] of groups) {
      const judgement = judgeGroup(window, { matches });
      judged.push({ rule, group, ...judgement });
      for (const { timeUs, eventId, feeds } of judgement.hits)
        for (const entry of feeds) enter({ entry, timeUs, eventId });
    }
  }
  return judged;
}
