import type { Parameters } from '../api/parameters.js';
import { type Range, timesOf } from '../explore/question.js';
import type { Query } from '../router/query.js';
import { type Alert, type Level, levels } from './types.js';

export const tabs = ['open', 'acknowledged', 'resolved'] as const;
export type Tab = (typeof tabs)[number];

/** Which alerts, as the address says it. */
export interface AlertQuestion {
  tab: Tab;
  levels: readonly Level[];
  rules: readonly string[];
  /** `ip:198.51.100.7` */
  group: readonly string[];
  organizations: readonly string[];
  range: Range;
}

export function readAlertQuestion(query: Query): AlertQuestion {
  const all = (name: string): readonly string[] => query[name] ?? [];
  const [from, to] = [all('from')[0], all('to')[0]];
  return {
    tab: tabs.find((one) => one === all('state')[0]) ?? 'open',
    levels: levels.filter((one) => all('level').includes(one)),
    rules: all('rule'),
    group: all('group').filter((text) => text.indexOf(':') > 0),
    organizations: all('organization_id'),
    range: from ? { kind: 'between', from, to } : { kind: 'last', name: all('range')[0] ?? 'all' },
  };
}

export const isNarrowed = ({ levels, rules, group, organizations, range }: AlertQuestion): boolean =>
  levels.length + rules.length + group.length + organizations.length > 0 ||
  range.kind !== 'last' ||
  range.name !== 'all';

/** As the API takes it, for lists; the stream knows no times. */
export const alertParameters = (question: AlertQuestion, nowMs: number): Parameters => ({
  ...streamFilter(question),
  ...timesOf(question.range, nowMs),
});

export const streamFilter = ({ levels, rules, group, organizations }: AlertQuestion) => ({
  ...(levels.length > 0 ? { level: levels } : {}),
  ...(rules.length > 0 ? { rule: rules } : {}),
  ...(group.length > 0 ? { group } : {}),
  ...(organizations.length > 0 ? { organization_id: organizations } : {}),
});

/** Whether an alert that the stream tells of was seen in the question’s time. */
export function isInTime({ range }: Pick<AlertQuestion, 'range'>, alert: Alert, nowMs: number): boolean {
  const { from, to } = timesOf(range, nowMs);
  const [first, last] = [Date.parse(alert.first_seen), Date.parse(alert.last_seen)];
  return (from === undefined || last >= Date.parse(from)) && (to === undefined || first < Date.parse(to));
}
