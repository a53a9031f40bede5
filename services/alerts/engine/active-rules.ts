import type { WireEvent } from '../../core/wire/event.js';
import { createRuleIndex, type RuleIndex } from '../match/index.js';
import type { DetectionRule, Rule } from '../rules/index.js';
import {
  type Entry,
  type Left,
  type Locate,
  type PlannedWindow,
  planWindows,
  type WindowPlan,
} from '../windows/index.js';

/** A set of rules of one owner: an organization's, or the deployment's (''), which is judged for every organization. */
export interface OwnerRules {
  owner: string;
  rules: readonly Rule[];
  /** Since when hits of a rule are findings, µs. */
  activeFromUs: (rule: Rule) => number;
}

/** A window of the running set, and where it stands among the others. */
export interface ActiveWindow {
  /** Of owner, rule and its version: the same window keeps its state, a changed one begins anew. */
  key: string;
  owner: string;
  window: PlannedWindow;
  /** Greater than that of every window whose hits come in. */
  depth: number;
  /** Keys of the windows that its hits go to. */
  feeds: readonly string[];
}

/** The rules that are judged now. */
export interface ActiveRules {
  windows: ReadonlyMap<string, ActiveWindow>;
  /** The windows by depth, from 0. */
  levels: readonly (readonly ActiveWindow[])[];
  /** What an event is to the windows, and how many detections it matched. */
  enter(
    event: WireEvent,
    appendTimeUs: number,
    onLeft?: (left: Left) => void,
  ): { entries: { key: string; entry: Entry }[]; matches: number };
  /** The key of the rule that an entry of this window's owner names; undefined where it is no more. */
  keyOf(owner: string, rule: string): string | undefined;
  readonly size: number;
  /** Detections tried so far. */
  readonly tried: number;
}

/**
 * `decides`: whether an organization has a text of the deployment's, by its id, as its own, on or off: then the deployment's gives no alerts
 * of that organization.
 */
export function activateRules(
  sets: readonly OwnerRules[],
  {
    locate,
    decides = () => false,
  }: { locate: Locate | undefined; decides?: (organization: string, textId: string) => boolean },
): ActiveRules {
  const owners = new Map<string, { index: RuleIndex; plan: WindowPlan; keys: ReadonlyMap<string, string> }>();
  const windows = new Map<string, ActiveWindow>();
  for (const { owner, rules, activeFromUs } of sets) {
    const detections = rules.filter((rule): rule is DetectionRule => rule.kind === 'detection');
    const plan = planWindows(rules, { locate, activeFromUs });
    const keys = new Map([...plan.windows].map(([id, { rule }]) => [id, keyOf(owner, rule)]));
    owners.set(owner, { index: createRuleIndex(detections), plan, keys });
    for (const active of ownersWindows(owner, plan, keys)) windows.set(active.key, active);
  }
  const levels: ActiveWindow[][] = [];
  for (const active of windows.values()) {
    while (levels.length <= active.depth) levels.push([]);
    levels[active.depth]!.push(active);
  }
  const everyones = owners.get('');
  /** Of the deployment's rules that give alerts. */
  const textOf = new Map(
    sets
      .filter(({ owner }) => owner === '')
      .flatMap(({ rules }) =>
        rules.filter(({ alerts }) => alerts).map(({ id, origin }) => [id, origin.source] as const),
      ),
  );
  const left = (organization: string, entries: readonly Entry[]): Entry[] =>
    entries.flatMap((entry) => {
      const textId = textOf.get(entry.rule);
      if (textId !== undefined && decides(organization, textId)) return [];
      return [entry.feeds.length === 0 ? entry : { ...entry, feeds: left(organization, entry.feeds) }];
    });

  return {
    windows,
    levels,
    enter(event, appendTimeUs, onLeft) {
      const entries: { key: string; entry: Entry }[] = [];
      let matches = 0;
      const own = event.body.organization_id === '' ? undefined : owners.get(event.body.organization_id);
      for (const set of [everyones, own]) {
        if (!set) continue;
        const matching = set.index.match(event);
        matches += matching.length;
        if (matching.length === 0) continue;
        const found = set.plan.entriesOf(event, matching, appendTimeUs, onLeft);
        for (const entry of set === everyones ? left(event.body.organization_id, found) : found) {
          entries.push({ key: set.keys.get(entry.rule)!, entry });
        }
      }
      return { entries, matches };
    },
    keyOf: (owner, rule) => owners.get(owner)?.keys.get(rule),
    size: sets.reduce((sum, { rules }) => sum + rules.length, 0),
    get tried() {
      return [...owners.values()].reduce((sum, { index }) => sum + index.tried, 0);
    },
  };
}

const keyOf = (owner: string, { id, version }: Rule): string => `${owner}/${id}/${version.slice(0, 16)}`;

/** A rule stands behind those whose hits it takes, in the plan's order, so that their depths are known. */
function ownersWindows(owner: string, plan: WindowPlan, keys: ReadonlyMap<string, string>): ActiveWindow[] {
  const depths = new Map<string, number>();
  const feeds = new Map<string, string[]>();
  for (const [id, { rule }] of plan.windows) {
    const below = rule.kind === 'correlation' ? rule.correlation.rules : [];
    for (const input of below) feeds.set(input, [...(feeds.get(input) ?? []), keys.get(id)!]);
    depths.set(id, Math.max(-1, ...below.map((input) => depths.get(input) ?? -1)) + 1);
  }
  return [...plan.windows].map(([id, window]) => ({
    key: keys.get(id)!,
    owner,
    window,
    depth: depths.get(id)!,
    feeds: feeds.get(id) ?? [],
  }));
}
