import { type Command, Option } from 'commander';
import type { AuditEvent } from '../../client/event.js';
import { type AuditFilter, filterParameters } from '../../client/query/filter.js';
import { usageError } from '../errors.js';
import { filterOf, systemHasNone, withFilters } from '../events/filters.js';
import { createEventOutput } from '../events/output.js';
import type { Api, Request } from '../http/api.js';
import { type ReadingOptions, type Tools, wholeNumber, withReadingOptions } from './command.js';

interface ListOptions extends ReadingOptions {
  limit?: number;
  all?: boolean;
  order: 'newest' | 'oldest' | 'ingest';
  cursor?: string;
  since?: string;
  fields?: string;
  columns?: string;
}

const pageSize = 1_000;
const mostEvents = 1_000_000_000;
const usualEvents = 100;
/** Once some pages are read, the gateway may be away for a while: the list goes on then. */
const patienceMs = 60_000;

export function addList(parent: Command, tools: Tools, path = '/api/audit'): void {
  const without = path === '/api/audit' ? [] : systemHasNone;
  const command = parent
    .command('list')
    .description('events, the newest first')
    .argument('[query...]', "the query language: 'action:auth.* -outcome:success'; behind -- where it begins with -");
  withFilters(withReadingOptions(command), { without })
    .option('--limit <n>', `how many; default: ${usualEvents}`, wholeNumber(1, mostEvents))
    .option('--all', 'however many there are')
    .addOption(
      new Option('--order <order>', 'ingest: as recorded, for collectors')
        .choices(['newest', 'oldest', 'ingest'])
        .default('newest'),
    )
    .option('--cursor <cursor>', 'go on where an earlier list ended')
    .option('--since <cursor>', 'of --order ingest: go on there; beginning, now')
    .option('--fields <names>', 'of the event: time,actor,target,message,details.region')
    .addOption(new Option('--columns <names>').hideHelp())
    .action((words: string[], options: ListOptions) => {
      const filter = filterOf(options, { words, nowMs: tools.surroundings.nowMs(), without });
      return list({ filter, options, path }, tools);
    });
}

async function list(
  { filter, options, path }: { filter: AuditFilter; options: ListOptions; path: string },
  { connect, printer }: Tools,
): Promise<void> {
  const { all, limit, order, since, cursor, output: format, fields, columns } = options;
  if (all && limit !== undefined) throw usageError('Give either --all or --limit.');
  if (since !== undefined && order !== 'ingest') throw usageError('--since needs --order ingest; `tail` goes on live.');
  const output = createEventOutput({ format, fields: fields ?? columns, printer });
  const onWait: Request['onWait'] = ({ message }, waitMs) =>
    printer.note(`${message.split('\n')[0]} Trying again in ${Math.ceil(waitMs / 1_000)} s.`);
  let next: string | null = null;
  const most = all ? Number.POSITIVE_INFINITY : (limit ?? usualEvents);
  const query = { ...filterParameters(filter), ...(order === 'newest' ? {} : { order }) };
  for await (const page of readPages({ api: connect(options), path, query, most, cursor, since, onWait })) {
    await output.page(page.events);
    next = page.next_cursor;
  }
  const printed = await output.end(next);
  if (format === 'json') return;
  if (printed === 0 && format === 'table') printer.note('No events match.');
  if (order === 'ingest') printer.note(`To go on from here: --order ingest --since ${next}`);
  else if (next !== null && format === 'table') printer.note(`There are more: --limit N, --all, or --cursor ${next}`);
}

interface Page {
  events: AuditEvent[];
  next_cursor: string | null;
  caught_up?: boolean;
}

/** As many pages as it takes. */
async function* readPages({
  api,
  path,
  query,
  most,
  cursor,
  since,
  onWait,
}: {
  api: Api;
  path: string;
  query: NonNullable<Request['query']>;
  most: number;
  cursor: string | undefined;
  since: string | undefined;
  onWait: NonNullable<Request['onWait']>;
}): AsyncGenerator<Page> {
  let at: { cursor?: string | undefined; since?: string | undefined } = { cursor, since };
  for (let left = most, first = true; left > 0; first = false) {
    const page = await api.get<Page>(path, {
      query: { ...query, limit: Math.min(left, pageSize), ...at },
      ...(first ? {} : { patienceMs, onWait }),
    });
    yield page;
    left -= page.events.length;
    if (page.next_cursor === null || page.caught_up) return;
    at = query.order === 'ingest' ? { since: page.next_cursor } : { cursor: page.next_cursor };
  }
}
