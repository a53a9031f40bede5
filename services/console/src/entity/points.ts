import type { AuditEvent } from '../api/types.js';

/** Where a state is looked at: behind a change, or now. */
export interface Point {
  /** As the API takes it: an exact time, or `now`. */
  at: string;
  /** The change, where the time is one's own. */
  change: AuditEvent | undefined;
}

const changed = ({ kind, outcome }: AuditEvent): boolean =>
  kind === 'stateful' && (outcome === 'success' || outcome === 'partial');

/** The changes of an entity among its events, the oldest first, and now at the end: what a slider goes over. */
export function pointsOf(events: readonly AuditEvent[], { type, id }: { type: string; id: string }): Point[] {
  const changes = events.filter((event) => changed(event) && event.target?.type === type && event.target.id === id);
  const oldestFirst = [...changes].sort((a, b) => (a.occurred_at < b.occurred_at ? -1 : 1));
  return [...oldestFirst.map((change) => ({ at: change.occurred_at, change })), { at: 'now', change: undefined }];
}

/** The index of the newest point that is not behind a time; -1 before the first. */
export function pointAt(points: readonly Point[], at: string): number {
  if (at === 'now') return points.length - 1;
  const ms = Date.parse(at);
  return points.findLastIndex((point) => point.at !== 'now' && (point.at === at || Date.parse(point.at) <= ms));
}
