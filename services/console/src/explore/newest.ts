import type { AuditEvent } from '../api/types.js';

/** Events as they came in, the newest first. */
export interface Newest {
  readonly events: readonly AuditEvent[];
  /** Older ones were let go of: what was there before does not follow on these. */
  readonly cut: boolean;
  /** How many came, those that were let go of included. */
  readonly count: number;
}

export const nothingNew: Newest = { events: [], cut: false, count: 0 };

/** What comes, on top of what is there; at most `most` stay. Those of one look come from several partitions, so that they are put in order. */
export function onTop(before: Newest, coming: readonly AuditEvent[], most: number): Newest {
  const known = new Set(before.events.map(({ id }) => id));
  const fresh = coming.filter(({ id }) => !known.has(id) && known.add(id));
  if (fresh.length === 0) return before;
  fresh.sort((a, b) => (a.occurred_at < b.occurred_at ? 1 : a.occurred_at > b.occurred_at ? -1 : 0));
  const all = [...fresh, ...before.events];
  return {
    events: all.length > most ? all.slice(0, most) : all,
    cut: before.cut || all.length > most,
    count: before.count + fresh.length,
  };
}

/** What was held back, put on top of what is shown. */
export function released(shown: Newest, held: Newest, most: number): Newest {
  const count = shown.count + held.count;
  // Where some of what was held is gone, the rest of the list would have a hole.
  if (held.cut) return { ...held, count };
  const known = new Set(held.events.map(({ id }) => id));
  const all = [...held.events, ...shown.events.filter(({ id }) => !known.has(id))];
  return { events: all.slice(0, most), cut: shown.cut || all.length > most, count };
}

/** The newest, and below them what was found before, unless there is a hole between the two. */
export function rowsOf(newest: Newest, found: readonly AuditEvent[]): readonly AuditEvent[] {
  if (newest.cut || newest.events.length === 0) return newest.cut ? newest.events : found;
  const known = new Set(newest.events.map(({ id }) => id));
  return [...newest.events, ...found.filter(({ id }) => !known.has(id))];
}
