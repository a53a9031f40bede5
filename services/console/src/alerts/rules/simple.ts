import { type Level, levels } from '../types.js';

/** A rule in the simple form, as a form shows it. */
export interface SimpleRule {
  name: string;
  description: string;
  level: Level;
  filters: readonly { field: string; value: string }[];
  /** Undefined: every event that fits is a hit. */
  condition: SimpleCondition | undefined;
  /** What the form does not show, kept as it was. */
  rest: Readonly<Record<string, unknown>>;
}

export interface SimpleCondition {
  comparison: string;
  count: string;
  window: string;
  groupBy: string;
  /** A field whose different values are counted in the place of events; '' for events. */
  distinct: string;
}

export const comparisonNames: readonly { value: string; label: string }[] = [
  { value: '>', label: 'more than' },
  { value: '>=', label: 'at least' },
  { value: '=', label: 'exactly' },
  { value: '<', label: 'fewer than' },
  { value: '<=', label: 'at most' },
];

type Members = Readonly<Record<string, unknown>>;
const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Undefined for texts that the form could not give back as they are. */
export function readSimple(text: string): SimpleRule | undefined {
  let rule: unknown;
  try {
    rule = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isMembers(rule) || !isMembers(rule.filter)) return undefined;
  const { name = '', description = '', level = 'medium', filter, condition, ...rest } = rule;
  const filters = Object.entries(filter).map(([field, value]) => ({ field, value: listText(value) }));
  const read = condition === undefined ? undefined : readCondition(condition);
  const known = levels.find((one) => one === level);
  const plain = typeof name === 'string' && typeof description === 'string';
  if (!plain || !known || filters.some(({ value }) => value === undefined)) return undefined;
  if (condition !== undefined && !read) return undefined;
  return { name, description, level: known, filters: filters as SimpleRule['filters'], condition: read, rest };
}

/** Values of a list stand side by side with commas between; one that holds a comma itself cannot. */
function listText(value: unknown): string | undefined {
  const items = Array.isArray(value) ? value : [value];
  const isPlain = items.every(
    (item) => (typeof item === 'string' && !item.includes(',') && item.trim() === item) || typeof item === 'number',
  );
  return isPlain && (!Array.isArray(value) || items.length > 1) ? items.join(', ') : undefined;
}

function readCondition(condition: unknown): SimpleCondition | undefined {
  if (!isMembers(condition)) return undefined;
  const { count, window, groupBy = '', distinct = '', ...others } = condition;
  const said = /^\s*(>=|<=|>|<|=)?\s*(\d+)\s*$/.exec(String(count));
  const plain = [window, groupBy, distinct].every((one) => typeof one === 'string');
  if (!said || !plain || Object.keys(others).length > 0) return undefined;
  return { comparison: said[1] ?? '>=', count: said[2]!, window, groupBy, distinct } as SimpleCondition;
}

export function writeSimple({ name, description, level, filters, condition, rest }: SimpleRule): string {
  const rule = {
    name,
    ...(description === '' ? {} : { description }),
    level,
    filter: Object.fromEntries(
      filters.filter(({ field }) => field !== '').map(({ field, value }) => [field, asJson(value)]),
    ),
    ...(condition ? { condition: conditionOf(condition) } : {}),
    ...rest,
  };
  return `${JSON.stringify(rule, null, 2)}\n`;
}

/** To rules a number and its text are the same; comparisons need the number. */
function asJson(text: string): unknown {
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  const values = items.map((item) =>
    /^-?\d+(\.\d+)?$/.test(item) && String(Number(item)) === item ? Number(item) : item,
  );
  return values.length > 1 ? values : (values[0] ?? '');
}

const conditionOf = ({ comparison, count, window, groupBy, distinct }: SimpleCondition) => ({
  count: `${comparison} ${count}`,
  window,
  ...(groupBy === '' ? {} : { groupBy }),
  ...(distinct === '' ? {} : { distinct }),
});

export const newSimple: SimpleRule = {
  name: 'Many failed logins',
  description: '',
  level: 'medium',
  filters: [{ field: 'action', value: 'auth.failed' }],
  condition: { comparison: '>', count: '5', window: '5m', groupBy: 'ip', distinct: '' },
  rest: {},
};

export const newSigma = `title: Many failed logins
level: medium
correlation:
  type: event_count
  rules: [failed_login]
  group-by: [ip]
  timespan: 5m
  condition: {gt: 5}
---
title: Failed login
name: failed_login
logsource: {product: sealstream}
detection:
  selection: {action: auth.login_failed}
  condition: selection
`;
