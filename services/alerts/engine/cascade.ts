import { type Finding, findingOf } from '../findings/index.js';
import {
  type Announcement,
  type GroupStep,
  type HeldGroup,
  type Settlement,
  stepGroup,
  type WindowStore,
} from '../windows/index.js';
import type { ActiveRules, ActiveWindow } from './active-rules.js';
import type { EngineMetrics } from './engine-metrics.js';
import { createIncoming, type KeyedEntry } from './incoming.js';

/** Something to be told of a finding. */
export interface FindingChange {
  change: 'opened' | 'grown' | 'replaced';
  finding: Finding;
  active: ActiveWindow;
  /** It takes the place of others that were told of before. */
  succeeds: boolean;
}

export interface CascadeParts {
  rules: ActiveRules;
  store: WindowStore;
  /** Hits of a window at or before this are no findings, where nothing of the group is known. */
  quietToUs: (key: string) => number;
  report: (changes: readonly FindingChange[]) => Promise<void>;
  /** What was announced and is not settled, by group and first hit. */
  announced: Map<string, Announcement>;
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
        const began = performance.now();
        const step = judgeHeld(active, one, watermarkUs, parts.maxMatches);
        metrics.ruleCost.add(active.owner, active.window.rule.id, (performance.now() - began) / 1_000);
        if (step.evicted > 0) metrics.evicted.inc({ what: 'match' }, step.evicted);
        judged.push({ active, held: one, step });
        feeding.push(...feedHits(parts, { active, held: one, step }, incoming));
      }
    }
    // Now that they are in Redis: had that failed, they would have to go on again.
    for (const hit of feeding) parts.fed.add(hit);
    const { whole, moved } = await announce(parts, judged);
    const changes = whole.flatMap(changesOf);
    if (changes.length > 0) await parts.report(changes);
    again = moved;
    if (whole.length > 0) again.push(...(await store.settle(whole.map(settlementOf))));
    for (const { held } of whole) parts.announced.delete(nameOf(held));
    waits = tickUs !== undefined && more;
    incoming = createIncoming(parts);
  }
}

/** Puts down what is about to be stored: a crash between storing and settling would leave findings that nobody knows to replace. */
async function announce(
  { store, announced }: CascadeParts,
  judged: readonly JudgedHeld[],
): Promise<{ whole: JudgedHeld[]; moved: HeldGroup[] }> {
  const isNew = ({ held, step }: JudgedHeld): boolean =>
    step.changed.some(({ firstId }) => !held.state.reported.has(firstId));
  const asked = judged.filter((one) => one.active.window.rule.alerts && isNew(one));
  if (asked.length === 0) return { whole: [...judged], moved: [] };
  const announcements = asked.map(announcementOf);
  for (const one of announcements)
    announced.set(nameOf(one.held), { ...one, held: { ...one.held, revision: undefined } });
  const answers = await store.announce(announcements);
  const byName = new Map(asked.map(({ held }, at) => [nameOf(held), answers[at]!]));
  const whole: JudgedHeld[] = [];
  const moved: HeldGroup[] = [];
  for (const one of judged) {
    const answer = byName.get(nameOf(one.held));
    if (answer && 'moved' in answer) moved.push(answer.moved);
    else whole.push({ ...one, held: { ...one.held, revision: answer?.revision ?? one.held.revision } });
  }
  return { whole, moved };
}

function announcementOf({ active, held, step }: JudgedHeld): Announcement {
  const runs = step.changed.map(({ firstId, firstUs, lastUs, hits, count }) => {
    return [firstId, { firstUs, lastUs, hits, count, isAnnounced: true }] as const;
  });
  return { held, runs: new Map(runs), neededUntilUs: step.neededUntilUs + active.window.lagUs };
}

const nameOf = ({ window, group }: Pick<HeldGroup, 'window' | 'group'>): string => `${window} ${JSON.stringify(group)}`;

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
      const before = held.state.reported.get(run.firstId);
      const change = before && !before.isAnnounced ? 'grown' : 'opened';
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
