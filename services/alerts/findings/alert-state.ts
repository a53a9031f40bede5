import { type InhibitedBy, keepsQuiet } from './inhibition.js';
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
  'inhibited',
] as const;
export type ActionKind = (typeof actionKinds)[number];

/** Something done about an alert; µs since 1970. */
export interface AlertAction {
  kind: ActionKind;
  atUs: number;
  note: string;
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
  /** What people were told last was that it is over. */
  toldOver: boolean;
  /** When somebody resolved it: last, if it is so still or was hit again since. */
  resolvedByHandUs: number | undefined;
}

export interface StateInput {
  finding: SaidFinding;
  actions: readonly AlertAction[];
  silences: readonly Silence[];
  /** Of its rule. */
  inhibitedBy?: InhibitedBy | undefined;
  /** Other findings of the organization that are open. */
  others?: readonly SaidFinding[];
  nowUs: number;
}

/**
 * What an alert is at a time: a function of its finding, what was done, the silences and the time. It resolves by itself when nothing that
 * would belong to it can come any more, silenced or not. Whoever resolved it does so until it is hit again; acknowledging lasts.
 */
export function alertState({ finding, actions, silences, inhibitedBy, others = [], nowUs }: StateInput): AlertState {
  const done = actions.filter(({ atUs }) => atUs <= nowUs).sort((a, b) => a.atUs - b.atUs);
  const told = done.filter(({ kind }) => kind === 'notified').at(-1);
  const decided = statusOf(finding, done, nowUs);
  return {
    ...decided,
    assignedTo: done.filter(({ kind }) => kind === 'assigned').at(-1)?.note ?? '',
    silencedBy: silences.filter((silence) => isSilenced(finding, silence, nowUs)).map(({ id }) => id),
    inhibitedBy: inhibitedBy
      ? others.filter((other) => keepsQuiet(inhibitedBy, other, finding)).map(({ id }) => id)
      : [],
    notifiedUs: told?.atUs,
    toldOver: told?.note === overNote,
  };
}

/** Of the action that says that people were told of the end. */
export const overNote = 'resolved';

function statusOf(
  finding: SaidFinding,
  done: readonly AlertAction[],
  nowUs: number,
): Pick<AlertState, 'status' | 'sinceUs' | 'resolvedByHandUs'> {
  if (finding.successor !== undefined) {
    return { status: 'replaced', sinceUs: finding.firstSeenUs, resolvedByHandUs: undefined };
  }
  let status: AlertStatus = 'open';
  let sinceUs = finding.firstSeenUs;
  let resolvedByHandUs: number | undefined;
  for (const { kind, atUs } of done) {
    // It was hit again since: what is done then is done about an open one.
    const opened: boolean = status === 'resolved' && finding.lastSeenUs > sinceUs;
    const next = nextStatus(opened ? 'open' : status, kind);
    if (kind === 'resolved') resolvedByHandUs = atUs;
    if (kind === 'reopened') resolvedByHandUs = undefined;
    if (next === (opened ? 'open' : status)) continue;
    status = next;
    sinceUs = atUs;
  }
  if (status === 'resolved' && finding.lastSeenUs > sinceUs) {
    status = 'open';
    sinceUs = finding.lastSeenUs;
  }
  const reopenedUs = done.filter(({ kind }) => kind === 'reopened').at(-1)?.atUs ?? Number.NEGATIVE_INFINITY;
  if (status !== 'resolved' && finding.resolvesUs <= nowUs && reopenedUs < finding.resolvesUs) {
    return { status: 'resolved', sinceUs: finding.resolvesUs, resolvedByHandUs };
  }
  return { status, sinceUs, resolvedByHandUs };
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
      return 'open';
    default:
      return status;
  }
}

/** What people are to be told of it now. The same occasion is told once. */
export interface Due {
  news: 'firing' | 'resolved';
  occasion: string;
}

/**
 * At first, when it is hit again after somebody resolved it, and again when the repeat interval has passed, while it is open and not kept
 * quiet; that somebody resolved it, to whoever was told of it, kept quiet or not.
 */
export function dueOf(state: AlertState, { repeatUs, nowUs }: { repeatUs: number; nowUs: number }): Due | undefined {
  const { status, sinceUs, notifiedUs, toldOver, resolvedByHandUs } = state;
  if (status === 'resolved') {
    const isNews = resolvedByHandUs === sinceUs && notifiedUs !== undefined && !toldOver;
    return isNews ? { news: 'resolved', occasion: `resolved ${resolvedByHandUs}` } : undefined;
  }
  if (status !== 'open' || state.silencedBy.length > 0 || state.inhibitedBy.length > 0) return undefined;
  if (notifiedUs === undefined) return { news: 'firing', occasion: 'firing' };
  if (toldOver || (resolvedByHandUs !== undefined && notifiedUs < resolvedByHandUs)) {
    return { news: 'firing', occasion: `again ${resolvedByHandUs ?? notifiedUs}` };
  }
  const isTime = repeatUs > 0 && nowUs - notifiedUs >= repeatUs;
  return isTime ? { news: 'firing', occasion: `repeat ${notifiedUs}` } : undefined;
}
