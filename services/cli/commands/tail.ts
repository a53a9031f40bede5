import { type Command, Option } from 'commander';
import type { AuditEvent } from '../../client/event.js';
import { type AuditFilter, filterParameters } from '../../client/query/filter.js';
import { openAuditStream } from '../../client/stream/stream.js';
import { type CliError, usageError } from '../errors.js';
import { filterOf, systemHasNone, withFilters } from '../events/filters.js';
import { createEventOutput } from '../events/output.js';
import type { Api } from '../http/api.js';
import { type ReadingOptions, type Tools, wholeNumber, withReadingOptions } from './command.js';

interface TailOptions extends ReadingOptions {
  lines?: number;
  since?: string;
  fields?: string;
}

const usualLines = 10;
const mostLines = 1_000;

export function addTail(parent: Command, tools: Tools, path = '/api/audit'): void {
  const without = path === '/api/audit' ? [] : systemHasNone;
  const command = parent
    .command('tail')
    .description('the last events, then every one that is recorded, until Ctrl-C')
    .argument('[query...]', 'the query language, as of `list`');
  withFilters(withReadingOptions(command), { without })
    .option('-n, --lines <n>', `how many of the last events; default: ${usualLines}`, wholeNumber(0, mostLines))
    .option('--since <cursor>', 'instead: go on where an earlier tail ended; or beginning')
    .option('--fields <names>', 'of the event: time,actor,target,message,details.region')
    .addOption(new Option('-f, --follow').hideHelp())
    .action((words: string[], options: TailOptions) => {
      const filter = filterOf(options, { words, nowMs: tools.surroundings.nowMs(), without });
      return tail({ filter, options, path }, tools);
    });
}

async function tail(
  { filter, options, path }: { filter: AuditFilter; options: TailOptions; path: string },
  { connect, printer, surroundings }: Tools,
): Promise<void> {
  const { lines, since, output: format, fields } = options;
  if (format === 'json') throw usageError('A tail has no end, and JSON needs one: use -o ndjson.');
  if (lines !== undefined && since !== undefined) throw usageError('Give either --lines or --since.');
  const output = createEventOutput({ format, fields, printer, live: true });
  const api = connect(options);
  const start = since === undefined ? await lastEvents({ api, path, filter, lines: lines ?? usualLines }) : undefined;
  const shown = new Set(start?.events.map(({ id }) => id));
  await output.page(start?.events ?? []);

  const { stream } = openAuditStream({
    gateway: api.gateway,
    options: {
      filter: path === '/api/audit' ? filter : { ...filter, scope: 'system' },
      since: start?.cursor ?? since,
      signal: surroundings.signal,
      onProblem(error, { retryInMs }) {
        if (retryInMs === undefined) return;
        const said = api.failure(error) as CliError;
        printer.note(`${said.message.split('\n')[0]} Trying again in ${Math.ceil(retryInMs / 1_000)} s.`);
      },
    },
  });
  try {
    for await (const { events } of stream.batches()) await output.page(events.filter(({ id }) => !shown.delete(id)));
  } catch (error) {
    throw api.failure(error, filter.q);
  } finally {
    const cursor = stream.cursor ?? start?.cursor;
    if (cursor) printer.note(`To go on from here: --since ${cursor}`);
  }
}

/**
 * The last events and a cursor, such that everything behind the cursor and before it is accounted for: what was stored when the cursor was
 * taken is in the list that was asked for afterwards, as far as it is long enough; an event of the list may come again behind the cursor.
 */
async function lastEvents({
  api,
  path,
  filter,
  lines,
}: {
  api: Api;
  path: string;
  filter: AuditFilter;
  lines: number;
}): Promise<{ cursor: string; events: AuditEvent[] }> {
  const query = filterParameters(filter);
  const now = { ...query, order: 'ingest', since: 'now', limit: 1 };
  const { next_cursor: cursor } = await api.get<{ next_cursor: string }>(path, { query: now });
  if (lines === 0) return { cursor, events: [] };
  const { events } = await api.get<{ events: AuditEvent[] }>(path, { query: { ...query, limit: lines } });
  return { cursor, events: events.reverse() };
}
