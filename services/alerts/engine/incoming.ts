import { type Addition, type Entry, nothingSettled, type Settled, type WindowMatch } from '../windows/index.js';
import type { ActiveRules, ActiveWindow } from './active-rules.js';

/** An entry, and the time and id of its event. */
export interface KeyedEntry {
  key: string;
  entry: Entry;
  timeUs: number;
  eventId: string;
}

/** Entries on their way into windows, put together by group. */
export function createIncoming({ rules, quietToUs }: { rules: ActiveRules; quietToUs: (key: string) => number }) {
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
