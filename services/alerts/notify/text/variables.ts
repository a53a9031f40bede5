import type { Alert } from '../alert.js';

/** What a template may name. Those that not every alert has need something to stand in their place. */
export interface Variable {
  always: boolean;
  read(alert: Alert): string | undefined;
}

const always = (read: (alert: Alert) => string): Variable => ({ always: true, read });
const sometimes = (read: (alert: Alert) => string | undefined): Variable => ({ always: false, read });

const variables: Readonly<Record<string, Variable>> = {
  id: always(({ id }) => id),
  fingerprint: always(({ fingerprint }) => fingerprint),
  state: always(({ state }) => state),
  count: always(({ count }) => String(count)),
  first_seen: always(({ first_seen }) => first_seen),
  last_seen: always(({ last_seen }) => last_seen),
  changed_at: always(({ changed_at }) => changed_at),
  link: always(({ link }) => link),
  'rule.id': always(({ rule }) => rule.id),
  'rule.title': always(({ rule }) => rule.title),
  'rule.level': always(({ rule }) => rule.level),
  'rule.version': always(({ rule }) => String(rule.version)),
  'rule.author': sometimes(({ rule }) => rule.author),
  organization: sometimes(({ organization_id }) => organization_id),
  group: sometimes(({ group }) =>
    Object.entries(group)
      .map(([name, value]) => `${name}: ${value}`)
      .join(', '),
  ),
};
export const variableNames: readonly string[] = [...Object.keys(variables), 'group.NAME'];

const groupPrefix = 'group.';

/** Undefined for a name that is none. Which names a group has is the rule's, so that none of them is always there. */
export function variable(name: string): Variable | undefined {
  if (Object.hasOwn(variables, name)) return variables[name];
  if (!name.startsWith(groupPrefix) || name.length === groupPrefix.length) return undefined;
  const key = name.slice(groupPrefix.length);
  return sometimes(({ group }) => (Object.hasOwn(group, key) ? group[key] : undefined));
}

/** Lists that a template may repeat a part of itself for, and what their items have. */
export interface List {
  names: readonly string[];
  items(alert: Alert): Readonly<Record<string, string>>[];
}

const lists: Readonly<Record<string, List>> = {
  group: {
    names: ['name', 'value'],
    items: ({ group }) => Object.entries(group).map(([name, value]) => ({ name, value })),
  },
  event_ids: { names: ['event'], items: ({ event_ids }) => event_ids.map((event) => ({ event })) },
  references: { names: ['url'], items: ({ rule }) => (rule.references ?? []).map((url) => ({ url })) },
};
export const listNames: readonly string[] = Object.keys(lists);

export const list = (name: string): List | undefined => (Object.hasOwn(lists, name) ? lists[name] : undefined);
