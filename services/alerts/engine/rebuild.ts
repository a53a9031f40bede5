import { formatUuid } from '../../core/wire/index.js';
import type { Finding, FindingTable } from '../findings/index.js';
import {
  type Addition,
  judgeGroup,
  nothingSettled,
  type Reported,
  type WindowMatch,
  type WindowStore,
} from '../windows/index.js';
import type { ActiveRules, ActiveWindow } from './active-rules.js';
import { additionOf, type KeyedEntry } from './incoming.js';
import type { StoredEvents } from './stored-events.js';

/** What was known of a group when its windows were lost: findings that may still grow. */
interface OpenGroup {
  quietToUs: number;
  reported: Map<string, Reported>;
}

/** What is to be made of one window. */
interface Plan {
  active: ActiveWindow;
  isWanted: boolean;
  /** Hits at or before it are known, or are none. */
  quietToUs: number;
  open: Map<string, OpenGroup>;
  /** Matches before it decide nothing that is wanted. */
  fromUs: number;
  groups: Map<string, { group: readonly string[]; matches: WindowMatch[] }>;
}

/**
 * Makes windows anew from stored events. `baseUs`: nothing is unread that was appended before it. Everything that was read must be stored.
 * A finding that can still grow goes on: its window is read from where it began.
 * Resolves with the time up to which hits are quiet, by window.
 */
export async function rebuildWindows({
  wanted,
  rules,
  baseUs,
  storedEvents,
  findings,
  store,
}: {
  wanted: readonly ActiveWindow[];
  rules: ActiveRules;
  baseUs: number;
  storedEvents: StoredEvents;
  findings: FindingTable;
  store: WindowStore;
}): Promise<Map<string, number>> {
  const plans = await planRebuild({ wanted, rules, baseUs, findings });
  const fromUs = Math.min(...[...plans.values()].map((plan) => plan.fromUs));
  const enter = ({ key, entry, timeUs, eventId }: KeyedEntry): void => {
    const plan = plans.get(key);
    if (!plan || timeUs < plan.fromUs) return;
    const { group, input, value, feeds } = entry;
    const name = JSON.stringify(group);
    const one = plan.groups.get(name) ?? { group, matches: [] };
    plan.groups.set(name, one);
    one.matches.push({ timeUs, eventId, input, value, feeds });
  };
  if (Number.isFinite(fromUs)) {
    await storedEvents.since(fromUs, (event, appendTimeUs) => {
      const at = { timeUs: event.body.occurred_at, eventId: formatUuid(event.body.id) };
      for (const one of rules.enter(event, appendTimeUs).entries) enter({ ...one, ...at });
    });
  }
  for (const level of rules.levels) {
    for (const { key, owner, window, feeds } of level) {
      const plan = plans.get(key);
      if (!plan || !feeds.some((outer) => plans.has(outer))) continue;
      for (const { matches } of plan.groups.values()) {
        const { hits } = judgeGroup(window, { matches, settleToUs: baseUs - window.lagUs - 1 });
        for (const { timeUs, eventId, feeds: further } of hits) {
          for (const entry of further) enter({ key: rules.keyOf(owner, entry.rule) ?? '', entry, timeUs, eventId });
        }
      }
    }
  }
  const made = [...plans.values()].filter(({ isWanted }) => isWanted);
  for (const plan of made) await store.take(additionsOf(plan, baseUs), new Map());
  return new Map(made.map(({ active, quietToUs }) => [active.key, quietToUs]));
}

/** Far more than a tick comes behind what was committed. */
const tickDelayUs = 60_000_000;

/**
 * Hits at or before it were surely judged and stored. Windows that wait are judged by ticks, which come behind the commits, and how far they had
 * come went with Redis; what they had found is found again under the same ids.
 */
const judgedToUs = ({ early, lagUs }: ActiveWindow['window'], baseUs: number): number =>
  baseUs - lagUs - 1 - (early ? 0 : tickDelayUs);

async function planRebuild({
  wanted,
  rules,
  baseUs,
  findings,
}: {
  wanted: readonly ActiveWindow[];
  rules: ActiveRules;
  baseUs: number;
  findings: FindingTable;
}): Promise<Map<string, Plan>> {
  const plans = new Map<string, Plan>();
  const open = await openGroups({ wanted, baseUs, findings });
  const keys = new Set(wanted.map(({ key }) => key));
  // From above to below: what a window needs decides how far back the windows whose hits it takes are read.
  for (const level of [...rules.levels].reverse()) {
    for (const active of level) {
      const { key, window, feeds } = active;
      const above = feeds.flatMap((outer) => plans.get(outer)?.fromUs ?? []);
      const isWanted = keys.has(key);
      if (!isWanted && above.length === 0) continue;
      const quietToUs = judgedToUs(window, baseUs);
      const own = open.get(key) ?? new Map<string, OpenGroup>();
      const first = Math.min(quietToUs, ...above, ...[...own.values()].map((group) => group.quietToUs));
      plans.set(key, { active, isWanted, quietToUs, open: own, fromUs: first - window.reachUs, groups: new Map() });
    }
  }
  return plans;
}

/** Groups whose findings may still grow, by window and group. */
async function openGroups({
  wanted,
  baseUs,
  findings,
}: {
  wanted: readonly ActiveWindow[];
  baseUs: number;
  findings: FindingTable;
}): Promise<Map<string, Map<string, OpenGroup>>> {
  const found = new Map<string, Map<string, OpenGroup>>();
  const owners = new Set(wanted.map(({ owner }) => owner));
  for (const owner of owners) {
    const byRule = new Map(wanted.filter((one) => one.owner === owner).map((one) => [one.window.rule.id, one]));
    const leastUs = Math.min(...[...byRule.values()].map(({ window }) => judgedToUs(window, baseUs)));
    const rows = await findings.open({ owner, ruleIds: [...byRule.keys()] }, leastUs);
    for (const finding of rows) {
      const { key, window } = byRule.get(finding.rule.id)!;
      if (finding.endsUs < judgedToUs(window, baseUs)) continue;
      // What another version of the rule found is not this one's.
      if (finding.rule.version !== window.rule.version) continue;
      const groups = found.get(key) ?? new Map<string, OpenGroup>();
      found.set(key, groups);
      remember(groups, finding);
    }
  }
  return found;
}

function remember(groups: Map<string, OpenGroup>, finding: Finding): void {
  const name = JSON.stringify([finding.organizationId, ...finding.group.values]);
  const one = groups.get(name) ?? { quietToUs: Number.POSITIVE_INFINITY, reported: new Map() };
  groups.set(name, one);
  const { firstHitUs: firstUs, lastSeenUs: lastUs, hits, events: count } = finding;
  one.quietToUs = Math.min(one.quietToUs, firstUs - 1);
  one.reported.set(finding.firstHitId, { firstUs, lastUs, hits, count });
}

/** Groups that nothing is needed of any more are left out. */
function additionsOf({ active, quietToUs, open, groups }: Plan, baseUs: number): Addition[] {
  const additions: Addition[] = [];
  for (const [name, { group, matches }] of groups) {
    const known = open.get(name);
    const groupQuietUs = Math.min(quietToUs, known?.quietToUs ?? Number.POSITIVE_INFINITY);
    const needed = matches.filter(({ timeUs }) => timeUs >= groupQuietUs - active.window.reachUs);
    const first = {
      settled: { ...nothingSettled, quietToUs: groupQuietUs },
      reported: known?.reported ?? new Map<string, Reported>(),
    };
    const addition = additionOf(active, { group, matches: needed, first });
    if (known || addition.neededUntilUs >= baseUs) additions.push(addition);
  }
  return additions;
}
