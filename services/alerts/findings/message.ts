import { formatTimestampUs } from '../../core/event/time.js';
import type { Finding } from './finding.js';

/** What became of an alert: `opened`, `grown`, `replaced` (by its successor) and `resolved` by the engine, the others by people. */
export const alertChanges = [
  'opened',
  'grown',
  'replaced',
  'resolved',
  'acknowledged',
  'unacknowledged',
  'reopened',
  'commented',
  'assigned',
  'silenced',
] as const;
export type AlertChange = (typeof alertChanges)[number];

/** A message of the topic of alerts, and the form in which findings are shown. */
export interface AlertMessage {
  change: AlertChange;
  at: string;
  alert: FindingView;
}

export interface FindingView {
  id: string;
  fingerprint: string;
  version: number;
  organization_id: string;
  rule: { id: string; version: string; title: string; author: string; level: string };
  group: Readonly<Record<string, string>>;
  first_seen: string;
  last_seen: string;
  resolves_at: string;
  hits: number;
  events: number;
  event_ids: readonly string[];
  successor?: string;
}

export const findingView = (finding: Finding): FindingView => ({
  id: finding.id,
  fingerprint: finding.fingerprint,
  version: finding.version,
  organization_id: finding.organizationId,
  rule: finding.rule,
  group: Object.fromEntries(finding.group.names.map((name, at) => [name, finding.group.values[at] ?? ''])),
  first_seen: formatTimestampUs(finding.firstSeenUs),
  last_seen: formatTimestampUs(finding.lastSeenUs),
  resolves_at: formatTimestampUs(finding.resolvesUs),
  hits: finding.hits,
  events: finding.events,
  event_ids: finding.eventIds,
  ...(finding.successor === undefined ? {} : { successor: finding.successor }),
});

export const alertMessage = (change: AlertChange, finding: Finding, atMs: number): AlertMessage => ({
  change,
  at: formatTimestampUs(atMs * 1_000),
  alert: findingView(finding),
});
