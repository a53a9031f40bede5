import type { Tab } from './question.js';
import type { Alert } from './types.js';

/** The alerts at hand, whatever their state: each stands in the tab of its state, so that what changes moves. */
export type Held = ReadonlyMap<string, Alert>;

/** So many are kept; the longest resolved go first. */
const mostHeld = 3_000;

/** Takes in what is newer. An alert that became part of another is gone. */
export function hold(held: Held, alerts: readonly Alert[]): Held {
  const next = new Map(held);
  for (const alert of alerts) {
    if (alert.state === 'replaced') next.delete(alert.id);
    else next.set(alert.id, alert);
  }
  if (next.size <= mostHeld) return next;
  const over = [...next.values()].filter(({ state }) => state === 'resolved').sort(byBeginning);
  for (const { id } of over.slice(-(next.size - mostHeld))) next.delete(id);
  return next;
}

/**
 * Takes in the whole list of a tab: what stood there when it was asked for (`before`), and is in it no longer, is gone. What changed while the
 * answer was under way is newer than it.
 */
export function holdAll(held: Held, tab: Tab, alerts: readonly Alert[], before: Held): Held {
  const listed = new Set(alerts.map(({ id }) => id));
  const next = new Map(held);
  for (const [id, alert] of held) {
    if (alert.state === tab && before.get(id) === alert && !listed.has(id)) next.delete(id);
  }
  return hold(next, alerts);
}

/** The newest first, as the API lists them. */
const byBeginning = (a: Alert, b: Alert): number =>
  a.first_seen === b.first_seen ? (a.id < b.id ? 1 : -1) : a.first_seen < b.first_seen ? 1 : -1;

export const inTab = (held: Held, tab: Tab): readonly Alert[] =>
  [...held.values()].filter(({ state }) => state === tab).sort(byBeginning);
