import {
  isMemberField,
  type ViewSpan,
  type ViewTab,
  valueText,
  viewFields,
  viewTabs,
} from '../../../core/views/vocabulary.js';
import type { Parameters } from '../api/parameters.js';
import type { Query } from '../router/query.js';

/** What is asked for, as the address says it. */
export interface Question {
  view: View;
  /** What was typed, as it was typed. */
  typed: string;
  range: Range;
  filters: readonly Filter[];
  order: 'newest' | 'oldest';
}

export type View = ViewTab;

/** Back from now, or between two times; `to` absent is until now. */
export type Range = { kind: 'last'; name: string } | { kind: 'between'; from: string; to: string | undefined };

export interface Filter {
  /** The name of the API's parameter, which is a field of the query language too. */
  field: string;
  value: string;
  out: boolean;
}

/** Parameters that take exact values and any of several; the others go into the query language, in quotes. */
const parameters = new Set(['category', 'outcome', 'kind', 'actor', 'actor_type', 'target_type', 'target_id', 'ip']);

export const spans: readonly { name: ViewSpan; label: string; ms: number | undefined }[] = [
  { name: '15m', label: 'Last 15 minutes', ms: 900_000 },
  { name: '1h', label: 'Last hour', ms: 3_600_000 },
  { name: '24h', label: 'Last 24 hours', ms: 86_400_000 },
  { name: '7d', label: 'Last 7 days', ms: 7 * 86_400_000 },
  { name: '30d', label: 'Last 30 days', ms: 30 * 86_400_000 },
  { name: 'all', label: 'All time', ms: undefined },
];
export const usualSpan: ViewSpan = '24h';

/** What looks after an attack: who came in, who was kept out, who may what. */
const securityQuery =
  '(category:(auth session api_key key role member mfa permission producer) OR outcome:denied OR reason:*)';

/** Fields stand in the address under their own names, those left out with `not.` before them. */
export function readQuestion(query: Query): Question {
  const first = (name: string): string => query[name]?.[0] ?? '';
  const from = first('from');
  const view = viewTabs.find((one) => one === first('view')) ?? 'events';
  const members = Object.keys(query).map((name) => name.replace(/^not\./, ''));
  const fields = new Set<string>([...viewFields, ...members.filter(isMemberField)]);
  const filters = [...fields].flatMap((field) => [
    ...(query[field] ?? []).map((value) => ({ field, value, out: false })),
    ...(query[`not.${field}`] ?? []).map((value) => ({ field, value, out: true })),
  ]);
  const named = spans.find(({ name }) => name === first('range'))?.name ?? usualSpan;
  return {
    view,
    typed: first('q'),
    range: from === '' ? { kind: 'last', name: named } : { kind: 'between', from, to: first('to') || undefined },
    filters,
    order: first('order') === 'oldest' ? 'oldest' : 'newest',
  };
}

/** The times of a range, as of now. */
export function timesOf(range: Range, nowMs: number): { from?: string; to?: string } {
  if (range.kind === 'between') return { from: range.from, ...(range.to === undefined ? {} : { to: range.to }) };
  const ms = spans.find(({ name }) => name === range.name)?.ms;
  return ms === undefined ? {} : { from: new Date(nowMs - ms).toISOString() };
}

/** Filters of the same field: any of them, and none of those left out. */
function clausesOf(filters: readonly Filter[]): string[] {
  const groups = new Map<string, Filter[]>();
  for (const filter of filters) {
    if (!filter.out && parameters.has(filter.field)) continue;
    const name = `${filter.out ? '-' : ''}${filter.field}`;
    groups.set(name, [...(groups.get(name) ?? []), filter]);
  }
  return [...groups].map(
    ([name, those]) => `${name}:(${those.map(({ field, value }) => valueText(field, value)).join(' ')})`,
  );
}

/**
 * As the API takes it. `typedAt` is where in `q` the typed text begins, for positions of what is wrong in it.
 */
export function parametersOf(question: Question, nowMs: number): { query: Parameters; typedAt: number } {
  const { typed, filters, view } = question;
  const clauses = [...(view === 'security' ? [securityQuery] : []), ...clausesOf(filters)];
  const before = clauses.length === 0 ? '' : `${clauses.join(' ')} (`;
  const q = typed.trim() === '' ? clauses.join(' ') : clauses.length === 0 ? typed : `${before}${typed})`;
  const exact: Record<string, string[]> = {};
  for (const { field, value, out } of filters) {
    if (out || !parameters.has(field)) continue;
    exact[field] = [...(exact[field] ?? []), value];
  }
  return { query: { ...timesOf(question.range, nowMs), ...exact, q }, typedAt: before.length };
}

/** Where it is asked. */
export const basePath = ({ view }: Question): string => (view === 'system' ? '/api/audit/system' : '/api/audit');

/** The change of the address that takes a filter in, or out again where it holds already. */
export function toggled(filters: readonly Filter[], { field, value, out }: Filter): Record<string, string[]> {
  const name = out ? `not.${field}` : field;
  const other = out ? field : `not.${field}`;
  const valuesOf = (left: boolean): string[] =>
    filters.filter((filter) => filter.field === field && filter.out === left).map((filter) => filter.value);
  const held = valuesOf(out);
  return {
    [name]: held.includes(value) ? held.filter((one) => one !== value) : [...held, value],
    // Nothing is asked for and left out at once.
    [other]: valuesOf(!out).filter((one) => one !== value),
  };
}

/** Why nothing new can come on top of what is found. */
export type LiveBlock = { why: 'past'; to: string } | { why: 'oldest' };

export function liveBlock({ range, order }: Question, nowMs: number): LiveBlock | undefined {
  if (range.kind === 'between' && range.to !== undefined && Date.parse(range.to) <= nowMs)
    return { why: 'past', to: range.to };
  return order === 'oldest' ? { why: 'oldest' } : undefined;
}
