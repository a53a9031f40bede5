import { type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { formatTimestampUs, parseTimestampUs } from '../../core/event/time.js';
import { type Level, levels } from '../rules/rule.js';
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
  /** Whose rule it is; '' is the deployment's. */
  owner: string;
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
  owner: finding.owner,
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

/** What a message says of a finding. */
export type SaidFinding = Omit<Finding, 'firstHitId' | 'firstHitUs' | 'endsUs'>;

/** A message of the topic as it is read. */
export interface ReadAlertMessage {
  change: AlertChange;
  atUs: number;
  finding: SaidFinding;
}

const text = Type.String();
const time = Type.String({ format: 'date-time' });
const anyOf = (values: readonly string[]): TSchema => Type.Unsafe<string>({ type: 'string', enum: [...values] });
/** Members that are new are no fault: an engine may be newer than its readers. */
const message = Compile(
  Type.Object({
    change: anyOf(alertChanges),
    at: time,
    alert: Type.Object({
      id: Type.String({ format: 'uuid' }),
      fingerprint: text,
      version: Type.Number(),
      organization_id: text,
      owner: Type.Optional(text),
      rule: Type.Object({ id: text, version: text, title: text, author: text, level: anyOf(levels) }),
      group: Type.Record(text, text),
      first_seen: time,
      last_seen: time,
      resolves_at: time,
      hits: Type.Number(),
      events: Type.Number(),
      event_ids: Type.Array(text),
      successor: Type.Optional(text),
    }),
  }),
);

/** Undefined for what is no message of the topic. */
export function readAlertMessage(json: string): ReadAlertMessage | undefined {
  let said: AlertMessage;
  try {
    const parsed: unknown = JSON.parse(json);
    if (!message.Check(parsed)) return undefined;
    said = parsed as AlertMessage;
  } catch {
    return undefined;
  }
  const { change, at, alert } = said;
  const us = (rfc3339: string): number => parseTimestampUs(rfc3339) ?? 0;
  return {
    change,
    atUs: us(at),
    finding: {
      id: alert.id,
      fingerprint: alert.fingerprint,
      version: alert.version,
      organizationId: alert.organization_id,
      owner: alert.owner ?? '',
      rule: { ...alert.rule, level: alert.rule.level as Level },
      group: { names: Object.keys(alert.group), values: Object.values(alert.group) },
      firstSeenUs: us(alert.first_seen),
      lastSeenUs: us(alert.last_seen),
      resolvesUs: us(alert.resolves_at),
      hits: alert.hits,
      events: alert.events,
      eventIds: alert.event_ids,
      successor: alert.successor,
    },
  };
}
