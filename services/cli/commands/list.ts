import type { Command } from 'commander';
import { usageError } from '../errors.js';
import { type EventAnswer, eventColumns } from '../event-view.js';
import type { Api } from '../http/api.js';
import { type CommonOptions, collected, type Tools, wholeNumber, withCommonOptions } from './command.js';

/** Options that go to GET /api/audit as they are: [option, its parameter, what it says]. */
const filters = [
  ['organization', 'organization_id', 'an organization'],
  ['action', 'action', 'part of an action: login, role_changed'],
  ['category', 'category', 'the first word of the action'],
  ['actor', 'actor', "the actor's id or email, exactly"],
  ['actor-type', 'actor_type', 'user, service, api_token …'],
  ['target-type', 'target_type', 'what kind of thing'],
  ['target-id', 'target_id', 'which one'],
  ['application', 'application_id', 'an application'],
  ['outcome', 'outcome', 'success, failure, denied, validation_failed, partial'],
  ['ip', 'ip', 'an address or a CIDR block'],
  ['correlation-id', 'correlation_id', 'the events of one workflow'],
  ['request-id', 'request_id', 'the events of one request'],
] as const;

type FilterOptions = Record<string, string[] | undefined>;

interface ListOptions extends CommonOptions {
  from?: string;
  to?: string;
  preset?: string;
  limit: number;
  cursor?: string;
  columns: string;
}

const pageSize = 1_000;
const mostEvents = 1_000_000;
const defaultColumns = 'time,action,actor,ip,outcome';
const wideColumns = `${defaultColumns},id`;
/** From this width on there is room for the ids. */
const wide = 118;

export function addList(parent: Command, tools: Tools, path = '/api/audit'): void {
  const command = withCommonOptions(parent.command('list').description('events, the newest first'));
  for (const [option, , says] of filters) {
    command.option(`--${option} <value>`, `${says}; repeat for any of several`, collected);
  }
  command
    .option('--from <time>', 'occurred at or after: 2026-06-15T00:00:00Z')
    .option('--to <time>', 'occurred before')
    .option('--preset <span>', 'the last 24h, 7d or 30d')
    .option('--limit <n>', 'how many', wholeNumber(1, mostEvents), 100)
    .option('--cursor <cursor>', 'go on where an earlier list ended')
    .option('--columns <names>', `of the table, from: ${Object.keys(eventColumns).join(', ')}`, '')
    .action((options: ListOptions) => list(options, tools, path));
}

async function list(options: ListOptions, { connect, printer }: Tools, path: string): Promise<void> {
  const columns = columnsOf(options.columns || (printer.width >= wide ? wideColumns : defaultColumns));
  const pages = readPages(connect(options), path, options);
  if (options.output === 'ndjson') {
    for await (const { events } of pages) for (const event of events) await printer.ndjson(event);
    return;
  }
  const events: EventAnswer[] = [];
  let next: string | null = null;
  for await (const page of pages) {
    events.push(...page.events);
    next = page.next_cursor;
  }
  if (options.output === 'json') return printer.json({ events, next_cursor: next });
  if (events.length === 0) return printer.note('No events match.');
  await printer.table(columns, events);
  if (next) printer.note(`There are more: --limit N, or --cursor ${next}`);
}

interface Page {
  events: EventAnswer[];
  next_cursor: string | null;
}

/** As many pages as the limit takes. */
async function* readPages(api: Api, path: string, options: ListOptions): AsyncGenerator<Page> {
  const { from, to, preset } = options;
  const given = options as unknown as FilterOptions;
  const asked = Object.fromEntries(filters.map(([option, parameter]) => [parameter, given[camelCase(option)]]));
  let { cursor, limit: left } = options;
  while (left > 0) {
    const query = { ...asked, from, to, preset, limit: Math.min(left, pageSize), cursor };
    const page = await api.get<Page>(path, { query });
    yield page;
    left -= page.events.length;
    if (page.next_cursor === null || page.events.length === 0) return;
    cursor = page.next_cursor;
  }
}

const camelCase = (option: string): string => option.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

const columnsOf = (names: string) =>
  names.split(',').map((name) => {
    const column = eventColumns[name.trim()];
    if (!column) throw usageError(`--columns: ${name} is none of ${Object.keys(eventColumns).join(', ')}`);
    return column;
  });
