import { counted, formatDuration } from '../ui/format.js';
import type { Alert, AlertAction, AlertState } from './types.js';

/** What a rule groups by, as Explore’s filters name it; others are asked for in the query language. */
const filters: Readonly<Record<string, string>> = {
  ip: 'ip',
  user: 'actor',
  actor: 'actor',
  account: 'actor',
  'actor.id': 'actor',
  'actor.email': 'actor',
  'target.id': 'target_id',
  'target.type': 'target_type',
  target_id: 'target_id',
  target_type: 'target_type',
  action: 'action',
  service: 'service',
  category: 'category',
  outcome: 'outcome',
  reason: 'reason',
  correlation_id: 'correlation_id',
  session_id: 'session_id',
  organization: 'organization_id',
  organization_id: 'organization_id',
};

const words: Readonly<Record<string, string>> = {
  ip: 'address',
  actor: 'actor',
  'actor.id': 'actor',
  'actor.email': 'actor',
  user: 'actor',
  account: 'account',
  'target.id': 'target',
  'target.type': 'target type',
};

export const groupWord = (name: string): string => words[name] ?? name;

const people = new Set(['user', 'actor', 'account', 'actor.id', 'actor.email']);
/** Whose values are actors, with a page of their own. */
export const isActor = (name: string): boolean => people.has(name);

/** The group in one line: `address 198.51.100.7, account ana@acme.example`. */
export const groupText = (group: Readonly<Record<string, string>>): string =>
  Object.entries(group)
    .map(([name, value]) => `${groupWord(name)} ${value === '' ? '(none)' : value}`)
    .join(', ');

/** The stretch that an alert is about, as Explore's times: the end lies behind the last event. */
export function stretchOf({ first_seen, last_seen }: Pick<Alert, 'first_seen' | 'last_seen'>): {
  from: string;
  to: string;
} {
  const to = new Date(Math.floor(Date.parse(last_seen)) + 1_000).toISOString();
  return { from: new Date(Math.floor(Date.parse(first_seen) / 1_000) * 1_000).toISOString(), to };
}

/** Events that belong to no organization stand in a view of their own. */
const viewOf = ({ organization_id }: Pick<Alert, 'organization_id'>): { view?: string } =>
  organization_id === '' ? { view: 'system' } : {};

/** Explore, narrowed down to one value of the group, while the alert lasted. */
export function groupHref(
  alert: Pick<Alert, 'first_seen' | 'last_seen' | 'organization_id'>,
  name: string,
  value: string,
): string {
  const { from, to } = stretchOf(alert);
  const filter = filters[name];
  const search = new URLSearchParams({ ...viewOf(alert), from, to });
  if (filter) search.set(filter, value);
  else search.set('q', `${name}:"${value.replace(/[\\"]/g, '\\$&')}"`);
  return `/?${search}`;
}

/** Explore with exactly these events. */
export function eventsHref(alert: Pick<Alert, 'event_ids' | 'organization_id'>): string {
  const q = `id:(${alert.event_ids.join(' ')})`;
  return `/?${new URLSearchParams({ ...viewOf(alert), range: 'all', q })}`;
}

/** `12 events within 4 min 10 s` */
export function extentText({ count, first_seen, last_seen }: Alert): string {
  const ms = Date.parse(last_seen) - Date.parse(first_seen);
  return ms < 1 ? counted(count, 'event') : `${counted(count, 'event')} within ${formatDuration(ms)}`;
}

/** What happened, as one would tell it; of a single event, as it says itself. */
export function happened(alert: Alert, organization: string, message?: string): string {
  const group = groupText(alert.group);
  const about = group === '' ? '' : `, about ${group}`;
  const where = organization === '' ? '' : `, in ${organization}`;
  if (alert.count === 1 && message) return `${message.replace(/\.$/, '')}${about}${where}.`;
  return `${extentText(alert)}${about}${where}.`;
}

/** What becomes of it, if nobody does anything. */
export function prospect({ state, resolves_at }: Alert, nowMs: number): string | undefined {
  if (state !== 'open' && state !== 'acknowledged') return undefined;
  const ms = Date.parse(resolves_at) - nowMs;
  return ms > 60_000 ? `Resolves by itself in ${formatDuration(ms)}, unless more comes.` : undefined;
}

export const stateWords: Readonly<Record<AlertState, string>> = {
  open: 'firing',
  acknowledged: 'acknowledged',
  resolved: 'resolved',
  replaced: 'replaced',
};

/** What was done, after whoever did it. */
export function actionText({ kind, note }: Pick<AlertAction, 'kind' | 'note'>): string {
  switch (kind) {
    case 'acknowledged':
      return 'took it on';
    case 'unacknowledged':
      return 'gave it back';
    case 'resolved':
      return 'resolved it';
    case 'reopened':
      return 'opened it again';
    case 'commented':
      return 'said';
    case 'assigned':
      return note === '' ? 'took the name of who deals with it away' : `gave it to ${note}`;
    case 'notified':
      return note === 'resolved' ? 'its end was handed to the channels' : 'it was handed to the channels';
    case 'inhibited':
      return 'nobody was told: another alert keeps it quiet';
    default:
      return kind;
  }
}

/** What was said with it. */
export const noteOf = ({ kind, note }: Pick<AlertAction, 'kind' | 'note'>): string =>
  ['assigned', 'notified'].includes(kind) ? '' : note;

/** Done by nobody in person. */
export const byItself = ({ kind }: Pick<AlertAction, 'kind'>): boolean => kind === 'notified' || kind === 'inhibited';
