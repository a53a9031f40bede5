import type { Level } from '../rules/rule.js';
import type { SaidFinding } from './message.js';
import { isSilenced, type Silence } from './silence.js';

export const actionKinds = [
  'acknowledged',
  'unacknowledged',
  'resolved',
  'reopened',
  'commented',
  'assigned',
  'notified',
] as const;
export type ActionKind = (typeof actionKinds)[number];

/** Something done about an alert; µs since 1970. */
export interface AlertAction {
  kind: ActionKind;
  atUs: number;
  note: string;
}

/** An alert is mentioned no louder than this while one that matches `of` is open for the same group and organization. */
export interface Inhibition {
  /** Rule ids, or levels, of the alert that inhibits. */
  source: { rules?: readonly string[]; levels?: readonly Level[] };
  target: { rules?: readonly string[]; levels?: readonly Level[] };
  /** Fields of the groups that have to be the same in both. */
  equal: readonly string[];
}

export type AlertStatus = 'open' | 'acknowledged' | 'resolved' | 'replaced';

export interface AlertState {
  status: AlertStatus;
  /** Since when it is so. */
  sinceUs: number;
  assignedTo: string;
  /** Whom nobody is told of it, though its state goes on as without. */
  silencedBy: readonly string[];
  inhibitedBy: readonly string[];
  notifiedUs: number | undefined;
}

export interface StateInput {
  finding: SaidFinding;
  actions: readonly AlertAction[];
  silences: readonly Silence[];
  inhibitions?: readonly Inhibition[];
  /** Other findings of the organization that are open. */
  others?: readonly SaidFinding[];
  nowUs: number;
}

/**
 * What an alert is at a time: a function of its finding, what was done, the silences and the time. It resolves by itself when nothing that
 * would belong to it can come any more, silenced or not. Whoever resolved it does so until it is hit again; acknowledging lasts.
 */
export function alertState({
  finding,
  actions,
  silences,
  inhibitions = [],
  others = [],
  nowUs,
}: StateInput): AlertState {
  const done = actions.filter(({ atUs }) => atUs <= nowUs).sort((a, b) => a.atUs - b.atUs);
  const told = done.filter(({ kind }) => kind === 'notified').at(-1);
  const decided = statusOf(finding, done, nowUs);
  return {
    ...decided,
    assignedTo: done.filter(({ kind }) => kind === 'assigned').at(-1)?.note ?? '',
    silencedBy: silences.filter((silence) => isSilenced(finding, silence, nowUs)).map(({ id }) => id),
    inhibitedBy: others
      .filter((other) => other.id !== finding.id && inhibitions.some((one) => inhibits(one, other, finding)))
      .map(({ id }) => id),
    notifiedUs: told?.atUs,
  };
}

function statusOf(
  finding: SaidFinding,
  done: readonly AlertAction[],
  nowUs: number,
): Pick<AlertState, 'status' | 'sinceUs'> {
  if (finding.successor !== undefined) return { status: 'replaced', sinceUs: finding.firstSeenUs };
  let status: AlertStatus = 'open';
  let sinceUs = finding.firstSeenUs;
  for (const { kind, atUs } of done) {
    const next = nextStatus(status, kind);
    if (next === status) continue;
    status = next;
    sinceUs = atUs;
  }
  if (status === 'resolved' && finding.lastSeenUs > sinceUs) {
    status = 'open';
    sinceUs = finding.lastSeenUs;
  }
  const reopenedUs = done.filter(({ kind }) => kind === 'reopened').at(-1)?.atUs ?? Number.NEGATIVE_INFINITY;
  if (status !== 'resolved' && finding.resolvesUs <= nowUs && reopenedUs < finding.resolvesUs) {
    return { status: 'resolved', sinceUs: finding.resolvesUs };
  }
  return { status, sinceUs };
}

function nextStatus(status: AlertStatus, kind: ActionKind): AlertStatus {
  switch (kind) {
    case 'acknowledged':
      return status === 'open' ? 'acknowledged' : status;
    case 'unacknowledged':
      return status === 'acknowledged' ? 'open' : status;
    case 'resolved':
      return 'resolved';
    case 'reopened':
      return status === 'resolved' ? 'open' : status;
    default:
      return status;
  }
}

const isOneOf = ({ rule }: SaidFinding, { rules, levels }: Inhibition['source']): boolean =>
  (rules === undefined || rules.includes(rule.id)) && (levels === undefined || levels.includes(rule.level));

const valueOfGroup = ({ group }: SaidFinding, name: string): string | undefined =>
  group.values[group.names.indexOf(name)];

/** Whether one alert keeps another quiet. */
export const inhibits = ({ source, target, equal }: Inhibition, other: SaidFinding, finding: SaidFinding): boolean =>
  other.organizationId === finding.organizationId &&
  isOneOf(other, source) &&
  isOneOf(finding, target) &&
  // Not each other: what inhibits is never itself kept quiet by the same rule.
  !isOneOf(finding, source) &&
  equal.every(
    (name) => valueOfGroup(other, name) !== undefined && valueOfGroup(other, name) === valueOfGroup(finding, name),
  );

/** Whether somebody is to be told now: at first, and again when the repeat interval has passed, while it is open and not kept quiet. */
export function isDue(state: AlertState, { repeatUs, nowUs }: { repeatUs: number; nowUs: number }): boolean {
  if (state.status !== 'open' || state.silencedBy.length > 0 || state.inhibitedBy.length > 0) return false;
  return state.notifiedUs === undefined || (repeatUs > 0 && nowUs - state.notifiedUs >= repeatUs);
}
