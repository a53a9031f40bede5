import { type Finding, findingOf } from '../findings/index.js';
import {
  type Addition,
  type Entry,
  type GroupStep,
  type HeldGroup,
  nothingSettled,
  type Settled,
  type Settlement,
  stepGroup,
  type WindowMatch,
  type WindowStore,
} from '../windows/index.js';
import type { ActiveRules, ActiveWindow } from './active-rules.js';
import type { EngineMetrics } from './engine-metrics.js';

/** Something to be told of a finding. */
export interface FindingChange {
  change: 'opened' | 'grown' | 'replaced';
  finding: Finding;
  active: ActiveWindow;
  /** It takes the place of others that were told of before. */
  succeeds: boolean;
}

/** An entry, and the time and id of its event. */
export interface KeyedEntry {
  key: string;
  entry: Entry;
  timeUs: number;
  eventId: string;
}

export interface CascadeParts {
  rules: ActiveRules;
  store: WindowStore;
  /** Hits of a window at or before this are no findings, where nothing of the group is known. */
  quietToUs: (key: string) => number;
  report: (changes: readonly FindingChange[]) => Promise<void>;
  /** Hits that went on before: they need not go on again. */
  fed: FedHits;
  maxMatches: number;
  metrics: EngineMetrics;
}

/** Remembers so many hits at most; one that is forgotten goes on once more, which changes nothing. */
export interface FedHits {
  has(hit: string): boolean;
  add(hit: string): void;
}

export function createFedHits(most = 200_000): FedHits {
  let young = new Set<string>();
  let old = new Set<string>();
  return {
    has: (hit) => young.has(hit) || old.has(hit),
    add(hit) {
      young.add(hit);
      if (young.size < most / 2) return;
      old = young;
      young = new Set();
    },
  };
}

interface JudgedHeld {
  active: ActiveWindow;
  held: HeldGroup;
  step: GroupStep;
}

/** How many groups that wait are judged at once. */
const waitingAtOnce = 200;

/**
 * Puts entries into their windows, lets hits go on to the windows above, reports what was found, and settles. All that was reported is
 * stored when it resolves; when it rejects, the same may be done again. With `tickUs`, the watermark that is about to hold, groups that
 * wait for it are judged, too.
 */
export async function runCascade(
  parts: CascadeParts,
  { entries, behind, tickUs }: { entries: readonly KeyedEntry[]; behind: ReadonlyMap<number, number>; tickUs?: number },
): Promise<void> {
  const { rules, store, metrics } = parts;
  let incoming = createIncoming(parts);
  for (const one of entries) incoming.add(one);
  let again: HeldGroup[] = [];
  let waits = tickUs !== undefined;
  while (incoming.size > 0 || again.length > 0 || waits) {
    const judged: JudgedHeld[] = [];
    const feeding: string[] = [];
    let more = false;
    for (const level of rules.levels) {
      const additions = incoming.takeLevel(level);
      const taken = additions.length > 0 ? await store.take(additions, behind) : undefined;
      if (taken?.evictedGroups) metrics.evicted.inc({ what: 'group' }, taken.evictedGroups);
      if (taken?.tooLate) metrics.tooLate.inc(taken.tooLate);
      const held = taken?.groups.filter((one) => one !== undefined) ?? [];
      const known = new Set(held.map(nameOf));
      const others = again.filter((one) => rules.windows.get(one.window)?.depth === level[0]?.depth);
      const waiting = tickUs === undefined || !waits ? [] : await waitingGroups(store, level, tickUs);
      more ||= waiting.length >= waitingAtOnce;
      const watermarkUs = tickUs ?? taken?.watermarkUs;
      for (const one of [...held, ...[...others, ...waiting].filter((other) => !known.has(nameOf(other)))]) {
        const active = rules.windows.get(one.window);
        if (!active) continue;
        const step = judgeHeld(active, one, watermarkUs, parts.maxMatches);
        if (step.evicted > 0) metrics.evicted.inc({ what: 'match' }, step.evicted);
        judged.push({ active, held: one, step });
        feeding.push(...feedHits(parts, { active, held: one, step }, incoming));
      }
    }
    // Now that they are in Redis: had that failed, they would have to go on again.
    for (const hit of feeding) parts.fed.add(hit);
    const changes = judged.flatMap(changesOf);
    if (changes.length > 0) await parts.report(changes);
    again = judged.length > 0 ? await store.settle(judged.map(settlementOf)) : [];
    waits = tickUs !== undefined && more;
    incoming = createIncoming(parts);
  }
}

const nameOf = ({ window, group }: HeldGroup): string => `${window} ${JSON.stringify(group)}`;

async function waitingGroups(store: WindowStore, level: readonly ActiveWindow[], tickUs: number): Promise<HeldGroup[]> {
  const found: HeldGroup[] = [];
  for (const { key, window } of level) {
    if (window.early) continue;
    found.push(...(await store.waiting(key, tickUs - window.lagUs - 1, waitingAtOnce)));
    if (found.length >= waitingAtOnce) break;
  }
  return found;
}

/** An event that comes in at the very watermark may still come. */
function judgeHeld(
  { window }: ActiveWindow,
  { state }: HeldGroup,
  watermarkUs: number | undefined,
  maxMatches: number,
): GroupStep {
  const settleToUs = watermarkUs === undefined ? -1 : watermarkUs - window.lagUs - 1;
  return stepGroup(window, state, { settleToUs, maxMatches });
}

function feedHits(
  { rules, fed, metrics }: CascadeParts,
  { active, held, step }: JudgedHeld,
  incoming: ReturnType<typeof createIncoming>,
): string[] {
  const group = JSON.stringify(held.group);
  const feeding: string[] = [];
  for (const { timeUs, eventId, feeds } of step.hits) {
    const hit = `${active.key} ${eventId} ${group}`;
    if (fed.has(hit)) continue;
    feeding.push(hit);
    metrics.hits.inc();
    for (const entry of feeds) {
      const key = rules.keyOf(active.owner, entry.rule);
      if (key !== undefined) incoming.add({ key, entry, timeUs, eventId });
    }
  }
  return feeding;
}

function changesOf({ active, held, step }: JudgedHeld): FindingChange[] {
  if (!active.window.rule.alerts) return [];
  const common = { owner: active.owner, group: held.group, version: held.revision };
  const successors = new Set(step.replaced.map(({ by }) => by.firstId));
  return [
    ...step.changed.map((run): FindingChange => {
      const change = held.state.reported.has(run.firstId) ? 'grown' : 'opened';
      const finding = findingOf(active.window, { ...common, run });
      return { change, finding, active, succeeds: successors.has(run.firstId) };
    }),
    ...step.replaced.map(({ was, by }): FindingChange => {
      const finding = findingOf(active.window, { ...common, run: was, successor: by });
      return { change: 'replaced', finding, active, succeeds: false };
    }),
  ];
}

function settlementOf({ active, held, step }: JudgedHeld): Settlement {
  const alerts = active.window.rule.alerts;
  const endOf = ({ finding }: FindingChange): [string, number] => [
    `${finding.organizationId}/${finding.id}`,
    finding.resolvesUs,
  ];
  const changes = alerts ? changesOf({ active, held, step }) : [];
  return {
    held,
    next: step.next,
    keepFromUs: step.keepFromUs,
    waitingUs: step.waitingUs,
    neededUntilUs: step.neededUntilUs + active.window.lagUs,
    ends: new Map(changes.filter(({ change }) => change !== 'replaced').map(endOf)),
    endsNoMore: changes.filter(({ change }) => change === 'replaced').map((one) => endOf(one)[0]),
  };
}

/** Entries on their way into windows, put together by group. */
export function createIncoming({ rules, quietToUs }: Pick<CascadeParts, 'rules' | 'quietToUs'>) {
  const byKey = new Map<string, Map<string, { group: readonly string[]; matches: WindowMatch[] }>>();
  let size = 0;
  return {
    get size() {
      return size;
    },
    add({ key, entry: { group, input, value, feeds }, timeUs, eventId }: KeyedEntry): void {
      const groups = byKey.get(key) ?? new Map<string, { group: readonly string[]; matches: WindowMatch[] }>();
      byKey.set(key, groups);
      const name = JSON.stringify(group);
      const one = groups.get(name) ?? { group, matches: [] };
      groups.set(name, one);
      one.matches.push({ timeUs, eventId, input, value, feeds });
      size += 1;
    },
    takeLevel(level: readonly ActiveWindow[]): Addition[] {
      const taken: Addition[] = [];
      const keys = level.length <= byKey.size ? level.map(({ key }) => key) : [...byKey.keys()];
      for (const key of keys) {
        const groups = byKey.get(key);
        const active = rules.windows.get(key);
        if (!groups || active?.depth !== level[0]?.depth) continue;
        byKey.delete(key);
        const settled: Settled = { ...nothingSettled, quietToUs: quietToUs(key) };
        for (const { group, matches } of groups.values()) {
          size -= matches.length;
          taken.push(additionOf(active!, { group, matches, first: { settled, reported: new Map() } }));
        }
      }
      return taken;
    },
  };
}

export function additionOf(
  { key, window }: ActiveWindow,
  { group, matches, first }: Pick<Addition, 'group' | 'matches' | 'first'>,
): Addition {
  const newestUs = matches.reduce((newest, { timeUs }) => Math.max(newest, timeUs), 0);
  const reachUs = Math.max(window.reachUs, window.resolveAfterUs, window.suppressUs);
  return {
    window: key,
    group,
    matches,
    first,
    reachUs: window.reachUs,
    waits: !window.early,
    neededUntilUs: newestUs + reachUs + window.lagUs,
  };
}
