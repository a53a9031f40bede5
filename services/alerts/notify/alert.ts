import { cut } from './text/cut.js';

/** From the most urgent to the least. */
export const alertLevels = ['critical', 'high', 'medium', 'low', 'informational'] as const;
export type AlertLevel = (typeof alertLevels)[number];

export const alertStates = ['firing', 'acknowledged', 'resolved'] as const;
export type AlertState = (typeof alertStates)[number];

/** What notifiers are told of an alert; they know nothing of how it came about. Times are RFC 3339 in UTC. */
export interface Alert {
  id: string;
  /** Of the rule and the group: the same for every alert that is "the same again". */
  fingerprint: string;
  rule: {
    id: string;
    title: string;
    level: AlertLevel;
    version: number;
    /** Shown wherever it is given: some licences of rules ask for it. */
    author?: string;
    references?: readonly string[];
  };
  /** The values of the rule's group-by. */
  group: Readonly<Record<string, string>>;
  state: AlertState;
  count: number;
  first_seen: string;
  last_seen: string;
  /** When it became as it is here: receivers that get news out of order go by this. */
  changed_at: string;
  event_ids: readonly string[];
  /** '' for alerts about the deployment itself. */
  organization_id: string;
  /** Where the console shows it. */
  link: string;
}

const bounds = { title: 1_024, name: 128, value: 1_024, groups: 32, events: 100, references: 16, link: 2_048 };

const short = (text: string, most: number): string => cut(text, most, 'points');

/** The same alert, no larger than a queue may hold: of long lists the first, of long texts the head. `count` tells how many events there are. */
export function boundedAlert(alert: Alert): Alert {
  const { author, references } = alert.rule;
  const rule = {
    ...alert.rule,
    title: short(alert.rule.title, bounds.title),
    ...(author === undefined ? {} : { author: short(author, bounds.value) }),
    ...(references === undefined
      ? {}
      : { references: references.slice(0, bounds.references).map((text) => short(text, bounds.link)) }),
  };
  const group = Object.entries(alert.group)
    .slice(0, bounds.groups)
    .map(([name, value]) => [short(name, bounds.name), short(value, bounds.value)]);
  return {
    ...alert,
    rule,
    group: Object.fromEntries(group),
    event_ids: alert.event_ids.slice(0, bounds.events),
    link: short(alert.link, bounds.link),
  };
}
