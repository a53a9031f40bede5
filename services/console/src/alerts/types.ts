import type { AuditEvent } from '../api/types.js';

/** What /api/alerts, /api/alert-rules, /api/silences and /api/alert-channels answer, as far as the console reads it. */

export const alertStates = ['open', 'acknowledged', 'resolved', 'replaced'] as const;
export type AlertState = (typeof alertStates)[number];
export const levels = ['critical', 'high', 'medium', 'low', 'informational'] as const;
export type Level = (typeof levels)[number];

export interface Alert {
  id: string;
  rule: string;
  rule_title: string;
  rule_author: string;
  rule_owner: 'deployment' | 'organization';
  level: Level;
  fingerprint: string;
  organization_id: string;
  group: Record<string, string>;
  state: AlertState;
  state_since: string;
  count: number;
  hits: number;
  first_seen: string;
  last_seen: string;
  resolves_at: string;
  event_ids: string[];
  /** Absent in the answers of gateways that are older. */
  assigned_to?: string;
  silenced_by: string[];
  notified_at: string | null;
  successor: string | null;
}

export interface AlertAction {
  id: string;
  kind: string;
  at: string;
  actor: { type: string; id: string; name: string };
  note: string;
}

export interface AlertDetail extends Alert {
  actions: AlertAction[];
}

export interface AlertChange {
  change: string;
  at: string;
  alert: Alert;
}

export interface AlertList {
  alerts: Alert[];
  next_cursor: string | null;
}

export interface RuleOfText {
  id: string;
  title: string;
  description: string;
  author: string;
  status: string;
  level: Level;
  kind: 'detection' | 'correlation';
  alerts: boolean;
  tags: string[];
  version: string;
  line: number;
}

/** A text of rules. */
export interface RuleSummary {
  id: string;
  name: string;
  enabled: boolean;
  built_in: boolean;
  outdated: boolean;
  version: number | null;
  channels: string[];
  repeat_seconds: number;
  active_from: string | null;
  changed_at: string | null;
  changed_by: string | null;
  rules: RuleOfText[];
}

export interface RuleVersion {
  version: number;
  enabled: boolean;
  deleted: boolean;
  text: string;
  changed_at: string;
  changed_by: string;
}

export interface RuleDetail extends RuleSummary {
  text: string;
  /** Of a built-in one: what it may refer to. Absent in the answers of gateways that are older. */
  shared?: string | null;
  versions: RuleVersion[];
}

export interface Fault {
  line: number;
  column: number;
  code: string;
  message: string;
}

export interface Validation {
  valid: true;
  rules: RuleOfText[];
  warnings: Fault[];
}

export interface TestRun {
  passed: boolean;
  tests: { rule: string; name: string; line: number; passed: boolean; missing: number; unexpected: number }[];
  untested: string[];
}

export interface BacktestFinding {
  id: string;
  fingerprint: string;
  organization_id: string;
  rule: string;
  level: Level;
  group: Record<string, string>;
  first_seen: string;
  last_seen: string;
  hits: number;
  count: number;
  event_ids: string[];
  events: AuditEvent[];
}

export interface Coverage {
  events: number;
  read: number;
  way: 'sql' | 'stream';
  run_up_from: string;
  left_out: Record<string, number>;
  complete: boolean;
  cut: { why: 'time' | 'matches'; at: string } | null;
  took_ms: number;
}

export interface Backtest {
  from: string;
  to: string;
  rules: { id: string; title: string; alerts: boolean; matches: number; hits: number; findings: number }[];
  findings_total: number;
  hits_total: number;
  findings: BacktestFinding[];
  over_time: { at: string; hits: number; findings: number }[];
  coverage: Coverage;
  difference: {
    compared_to: string;
    findings: {
      both: number;
      only_old_total: number;
      only_new_total: number;
      only_old: BacktestFinding[];
      only_new: BacktestFinding[];
    };
    hits: { both: number; only_old_total: number; only_new_total: number };
    old_coverage: Coverage;
  } | null;
}

export const comparisons = ['equal', 'not_equal', 'glob'] as const;
export type Comparison = (typeof comparisons)[number];

export interface Matcher {
  name: string;
  comparison?: Comparison;
  value: string;
}

export interface Silence {
  id: string;
  organization_id: string;
  matchers: Matcher[];
  starts_at: string;
  ends_at: string;
  reason: string;
  state: 'pending' | 'lasting' | 'ended';
  changed_at: string;
  changed_by: string;
}

export const channelKinds = ['email', 'slack', 'webhook', 'pagerduty', 'teams'] as const;
export type ChannelKind = (typeof channelKinds)[number];

export interface Channel {
  id: string;
  organization_id: string;
  version: number;
  name: string;
  kind: ChannelKind;
  enabled: boolean;
  messages_per_minute: number;
  group_seconds: number;
  group_by: string[];
  templates: { title?: string; body?: string };
  settings: Record<string, unknown>;
  /** Of each that is set, what it may be recognised by. */
  secrets: Record<string, string>;
  created_at: string;
  changed_at: string;
  changed_by: string;
}

export interface ChannelTest {
  ok: boolean;
  status: number;
  answer: string;
  reason?: string;
  took_ms: number;
}

export interface DeadLetter {
  delivery_id: string;
  channel_id: string;
  channel_name: string;
  kind: string;
  reason: string;
  status: number;
  answer: string;
  attempts: number;
  alerts: number;
  queued_at: string;
  died_at: string;
  redelivered_at: string | null;
}
