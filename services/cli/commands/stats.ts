import type { Command } from 'commander';
import { type AuditFilter, filterParameters } from '../../client/query/filter.js';
import { shortTime } from '../events/columns.js';
import { filterOf, systemHasNone, withFilters } from '../events/filters.js';
import { grouped, renderBars, renderChart } from '../output/bars.js';
import type { Printer } from '../output/printer.js';
import { type ReadingOptions, type Tools, wholeNumber, withReadingOptions } from './command.js';

interface StatsOptions extends ReadingOptions {
  by: string;
  top: number;
  interval: string;
}

interface Facet {
  total: number;
  values: { value: string; count: number; label?: string }[];
  other: number;
  none: number;
  distinct: number;
}

interface Timeseries {
  interval: string;
  from: string | null;
  to: string | null;
  total: number;
  buckets: { start: string; count: number }[];
}

interface Stats {
  total: number;
  timeseries: Timeseries;
  facets: Record<string, Facet>;
}

const usualFields = 'action,outcome,actor,ip';

export function addStats(parent: Command, tools: Tools, path = '/api/audit'): void {
  const without = path === '/api/audit' ? [] : systemHasNone;
  const command = parent
    .command('stats')
    .description('how many events, when, and of what')
    .argument('[query...]', 'the query language, as of `list`');
  withFilters(withReadingOptions(command), { without })
    .option('--by <fields>', 'whose most frequent values are counted: target_type,service,user_agent', usualFields)
    .option('--top <n>', 'so many values of each', wholeNumber(1, 200), 5)
    .option('--interval <width>', 'of the time series: 15m, 6h, 1d', 'auto')
    .action((words: string[], options: StatsOptions) => {
      const filter = filterOf(options, { words, nowMs: tools.surroundings.nowMs(), without });
      return stats({ filter, options, path }, tools);
    });
}

async function stats(
  { filter, options, path }: { filter: AuditFilter; options: StatsOptions; path: string },
  { connect, printer }: Tools,
): Promise<void> {
  const { by, top, interval, output } = options;
  const query = filterParameters(filter);
  const api = connect(options);
  const [{ facets }, timeseries] = await Promise.all([
    api.get<Pick<Stats, 'facets'>>(`${path}/facets`, { query: { ...query, fields: by, top, labels: true } }),
    api.get<Timeseries>(`${path}/timeseries`, { query: { ...query, interval } }),
  ]);
  const answer: Stats = { total: timeseries.total, timeseries, facets };
  if (output === 'json') return printer.json(answer);
  if (output === 'table') return printer.text(describe(answer, printer));
  await printRows(answer, output, printer);
}

/** Every count in a line: of times, then of values. */
async function printRows({ timeseries, facets }: Stats, output: 'ndjson' | 'csv', printer: Printer): Promise<void> {
  const rows = [
    ...timeseries.buckets.map(({ start, count }) => ({ field: 'time', value: start, count })),
    ...Object.entries(facets).flatMap(([field, { values }]) =>
      values.map(({ value, count }) => ({ field, value, count })),
    ),
  ];
  if (output === 'csv') await printer.csv(['field', 'value', 'count']);
  for (const row of rows) {
    if (output === 'csv') await printer.csv([row.field, row.value, String(row.count)]);
    else await printer.ndjson(row);
  }
}

function describe({ total, timeseries, facets }: Stats, { width, paint }: Printer): string {
  const { from, to, interval, buckets } = timeseries;
  const when = from && to ? `, ${shortTime(from)} – ${shortTime(to)} UTC` : '';
  const head = `${grouped(total)} ${total === 1 ? 'event' : 'events'}${when}\n`;
  if (total === 0) return head;
  const chart = buckets.length > 1 ? `\n${renderChart(buckets, { width, interval })}` : '';
  const parts = Object.entries(facets).map(
    ([field, facet]) => `\n${paint(field.toUpperCase(), 'head')}\n${bars(facet, width)}`,
  );
  return head + chart + parts.join('');
}

function bars({ values, other, none, distinct }: Facet, width: number): string {
  const shown = values.map(({ value, label, count }) => ({ name: label ? `${label} (${value})` : value, count }));
  const rest = [
    ...(other > 0 ? [{ name: `(${grouped(distinct - values.length)} more)`, count: other, rest: true }] : []),
    ...(none > 0 ? [{ name: '(none)', count: none, rest: true }] : []),
  ];
  return renderBars([...shown, ...rest], width);
}
