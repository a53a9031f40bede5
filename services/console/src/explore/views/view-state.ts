import { usualViewColumns, type ViewState, viewColumns, viewSpans } from '../../../../core/views/vocabulary.js';
import type { Query } from '../../router/query.js';
import { type Question, readQuestion, usualSpan } from '../question.js';

/** In the address: the view that was opened last. Everything it asks stands beside it, and counts. */
export const savedName = 'saved';

const columnsOf = (query: Query): readonly string[] => {
  const named = (query.columns?.[0] ?? '').split(',');
  const known = viewColumns.filter((name) => named.includes(name));
  return known.length === 0 ? usualViewColumns : known;
};

const timeOf = ({ range }: Question): ViewState['time'] =>
  range.kind === 'last'
    ? { last: viewSpans.find((span) => span === range.name) ?? usualSpan }
    : { from: range.from, ...(range.to === undefined ? {} : { to: range.to }) };

const isUsual = (columns: readonly string[]): boolean =>
  columns.length === usualViewColumns.length && usualViewColumns.every((name) => columns.includes(name));

/** What an address asks, as a view keeps it. */
export function stateOf(query: Query): ViewState {
  const question = readQuestion(query);
  const columns = columnsOf(query);
  return {
    tab: question.view,
    q: question.typed.trim(),
    filters: question.filters.map(({ field, value, out }) => ({ field, value, out })),
    order: question.order,
    ...(isUsual(columns) ? {} : { columns }),
    time: timeOf(question),
  };
}

/** All that a view asks, as the address has it. What was open or live is not of the view. */
export function queryOf({ tab, q, filters, order, columns, time }: ViewState, id: string): Query {
  const query: Record<string, string[]> = {};
  const say = (name: string, value: string): void => {
    query[name] = [...(query[name] ?? []), value];
  };
  if (tab !== 'events') say('view', tab);
  if (q !== '') say('q', q);
  for (const { field, value, out } of filters) say(out ? `not.${field}` : field, value);
  if ('last' in time) say('range', time.last);
  else {
    say('from', time.from);
    if (time.to !== undefined) say('to', time.to);
  }
  if (order === 'oldest') say('order', order);
  if (columns && !isUsual(columns)) say('columns', columns.join(','));
  say(savedName, id);
  return query;
}

const moment = (iso: string | undefined): number | undefined => (iso === undefined ? undefined : Date.parse(iso));

/** Each part in one spelling, so that what asks the same is the same. */
const partsOf = ({ tab, q, filters, order, columns = usualViewColumns, time }: ViewState) => ({
  'which events': tab,
  search: q.trim(),
  filters: filters.map(({ field, value, out }) => JSON.stringify([field, value, out])).sort(),
  time: 'last' in time ? time.last : [moment(time.from), moment(time.to) ?? null],
  order,
  columns: viewColumns.filter((name) => columns.includes(name)),
});

/** What of one state is other than in the other, in words; nothing where both ask the same. */
export function differences(one: ViewState, other: ViewState): string[] {
  const [a, b] = [partsOf(one), partsOf(other)];
  return (Object.keys(a) as (keyof typeof a)[]).filter((part) => JSON.stringify(a[part]) !== JSON.stringify(b[part]));
}
