/** An alert as GET /api/alerts gives it. docs/guides/alerts.md says what each field means. */
export interface Alert {
  id: string;
  rule: string;
  rule_title: string;
  rule_version: string;
  rule_author: string;
  rule_owner: 'deployment' | 'organization';
  level: AlertLevel;
  /** Of rule and group: the same for every alert that is the same again. */
  fingerprint: string;
  organization_id: string;
  group: Record<string, string>;
  state: AlertStateName;
  state_since: string;
  /** Events that it is about. */
  count: number;
  hits: number;
  first_seen: string;
  last_seen: string;
  resolves_at: string;
  event_ids: string[];
  /** Who deals with it, as it was said; empty: nobody. */
  assigned_to: string;
  silenced_by: string[];
  notified_at: string | null;
  successor: string | null;
}

export type AlertLevel = 'informational' | 'low' | 'medium' | 'high' | 'critical';
export type AlertStateName = 'open' | 'acknowledged' | 'resolved' | 'replaced';
export type AlertChangeName =
  | 'opened'
  | 'grown'
  | 'replaced'
  | 'resolved'
  | 'acknowledged'
  | 'unacknowledged'
  | 'reopened'
  | 'commented'
  | 'assigned';

/** What became of an alert, and the alert as it then was. */
export interface AlertChange {
  change: AlertChangeName | (string & {});
  at: string;
  alert: Alert;
}
