import type { Command } from 'commander';
import type { AuditEvent } from '../../client/event.js';
import { type AuditFilter, filterParameters } from '../../client/query/filter.js';
import { eventColumns, shortTime } from '../events/columns.js';
import { splitNames } from '../events/fields.js';
import { filterOf, systemHasNone, withFilters } from '../events/filters.js';
import { createEventOutput } from '../events/output.js';
import { duration } from '../output/duration.js';
import { renderFields } from '../output/fields.js';
import type { Column } from '../output/table.js';
import { type ReadingOptions, type Tools, wholeNumber, withReadingOptions } from './command.js';

interface TimelineOptions extends ReadingOptions {
  limit: number;
  cursor?: string;
  fields?: string;
}

interface Step {
  offset_ms: number;
  gap_ms: number | null;
  event: AuditEvent;
}

interface Timeline {
  correlation_id: string;
  total: number;
  started_at: string;
  ended_at: string;
  duration_ms: number;
  outcome: 'success' | 'failure' | 'mixed';
  outcomes: Record<string, number>;
  services: { service: string; events: number; failures: number; duration_ms: number }[];
  timeline: Step[];
  next_cursor: string | null;
}

const mostPerPage = 1_000;

export function addTimeline(parent: Command, tools: Tools, path = '/api/audit'): void {
  const without = ['correlation_id' as const, ...(path === '/api/audit' ? [] : systemHasNone)];
  const command = parent
    .command('timeline')
    .description('the events of one workflow across services, the first one first')
    .argument('<correlation>', 'the correlation id of its events');
  withFilters(withReadingOptions(command), { without })
    .option('--limit <n>', 'how many events', wholeNumber(1, mostPerPage), 100)
    .option('--cursor <cursor>', 'go on where an earlier answer ended')
    .option('--fields <names>', 'of the events: time,actor,target,message,details.region')
    .action((correlation: string, options: TimelineOptions) => {
      const filter = filterOf(options, { nowMs: tools.surroundings.nowMs(), without });
      return timeline({ correlation, filter, options, path }, tools);
    });
}

async function timeline(
  {
    correlation,
    filter,
    options,
    path,
  }: { correlation: string; filter: AuditFilter; options: TimelineOptions; path: string },
  { connect, printer }: Tools,
): Promise<void> {
  const { limit, cursor, output: format, fields } = options;
  const query = { ...filterParameters(filter), limit, cursor };
  const answer = await connect(options).get<Timeline>(`${path}/correlations/${encodeURIComponent(correlation)}`, {
    query,
  });
  if (format === 'json') return printer.json(answer);
  if (format === 'table') {
    await printer.text(`${renderFields(describe(answer), printer.width)}\n`);
    await printer.table(columns(fields), answer.timeline);
  } else {
    const output = createEventOutput({ format, fields, printer });
    await output.page(answer.timeline.map(({ event }) => event));
    await output.end(answer.next_cursor);
  }
  if (answer.next_cursor !== null) printer.note(`There are more: --limit N, or --cursor ${answer.next_cursor}`);
}

const usualFields = ['service', 'action', 'actor', 'outcome'];

function columns(fields: string | undefined): Column<Step>[] {
  const names = fields === undefined ? usualFields : splitNames(fields);
  return [
    { title: 'AFTER', of: ({ offset_ms }) => duration(offset_ms) },
    ...eventColumns(names).map(({ title, of, atLeast, style }) => ({
      title,
      of: ({ event }: Step) => of(event),
      ...(atLeast === undefined ? {} : { atLeast }),
      ...(style ? { style: ({ event }: Step) => style(event) } : {}),
    })),
  ];
}

function describe({ correlation_id, total, started_at, duration_ms, outcome, outcomes, services }: Timeline) {
  const counts = Object.entries(outcomes).map(([name, count]) => `${count} ${name}`);
  const ofService = ({ service, events, failures, duration_ms: took }: Timeline['services'][number]): string =>
    `${service || '(none)'}: ${events} in ${duration(took)}${failures > 0 ? `, ${failures} failed` : ''}`;
  return [
    ['workflow', correlation_id],
    ['began', `${shortTime(started_at)} UTC, took ${duration(duration_ms)}`],
    ['events', total],
    ['outcome', counts.length > 1 ? `${outcome}: ${counts.join(', ')}` : outcome],
    ['services', services.map(ofService).join('\n')],
  ] as const;
}
