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

/** The newest first, as the API lists them. */
const byBeginning = (a: Alert, b: Alert): number =>
  a.first_seen === b.first_seen ? (a.id < b.id ? 1 : -1) : a.first_seen < b.first_seen ? 1 : -1;

export const inTab = (held: Held, tab: Tab): readonly Alert[] =>
  [...held.values()].filter(({ state }) => state === tab).sort(byBeginning);
