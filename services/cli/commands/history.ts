import type { Command } from 'commander';
import type { AuditEvent } from '../../client/event.js';
import { type AuditFilter, filterParameters } from '../../client/query/filter.js';
import { usageError } from '../errors.js';
import { changeText } from '../events/changes.js';
import { eventColumns, shortTime } from '../events/columns.js';
import { filterOf, systemHasNone, withFilters } from '../events/filters.js';
import { createEventOutput } from '../events/output.js';
import { renderFields } from '../output/fields.js';
import { type ReadingOptions, type Tools, wholeNumber, withReadingOptions } from './command.js';

interface HistoryOptions extends ReadingOptions {
  at?: string;
  limit: number;
  cursor?: string;
  fields?: string;
}

interface History {
  entity: { type: string; id: string };
  state?: {
    at: string;
    status: 'exact' | 'approximate' | 'unavailable';
    value?: unknown;
    reason: string;
    basis: { id: string; action: string; occurred_at: string; used: string }[];
  };
  events: AuditEvent[];
  next_cursor: string | null;
}

const mostPerPage = 1_000;
const columns = [...eventColumns(['time', 'action', 'actor']), { title: 'CHANGE', of: changeText, atLeast: 24 }];

export function addHistory(parent: Command, tools: Tools, path = '/api/audit'): void {
  const without = path === '/api/audit' ? [] : systemHasNone;
  const command = parent
    .command('history')
    .description('what happened to one thing, the newest first, and what it was like at a time')
    .argument('<type>', 'what kind of thing: member, invoice')
    .argument('<id>', 'which one');
  withFilters(withReadingOptions(command), { without })
    .option('--at <time>', 'its state then: 2026-06-15T12:00:00Z, 2026-06-15, now')
    .option('--limit <n>', 'how many events', wholeNumber(1, mostPerPage), 100)
    .option('--cursor <cursor>', 'go on where an earlier answer ended')
    .option('--fields <names>', 'of the events: time,actor,target,message,details.region')
    .action((type: string, id: string, options: HistoryOptions) => {
      const filter = filterOf(options, { nowMs: tools.surroundings.nowMs(), without });
      return history({ type, id, filter, options, path }, tools);
    });
}

async function history(
  {
    type,
    id,
    filter,
    options,
    path,
  }: { type: string; id: string; filter: AuditFilter; options: HistoryOptions; path: string },
  { connect, printer }: Tools,
): Promise<void> {
  const { at, limit, cursor, output: format, fields } = options;
  if (at !== undefined && (format === 'csv' || format === 'ndjson')) {
    throw usageError(`A state has no place among the events of ${format}: --at goes with -o table and -o json.`);
  }
  const query = { ...filterParameters(filter), at, limit, cursor };
  const entity = `${path}/entities/${encodeURIComponent(type)}/${encodeURIComponent(id)}`;
  const answer = await connect(options).get<History>(entity, { query });
  if (format === 'json') return printer.json(answer);
  const { state, events, next_cursor } = answer;
  if (format === 'table' && state) await printer.text(describeState(answer.entity, state, printer.width));
  if (format === 'table' && events.length === 0) return printer.note('No events match.');
  if (format === 'table' && fields === undefined) await printer.table(columns, events);
  else {
    const output = createEventOutput({ format, fields, printer });
    await output.page(events);
    await output.end(next_cursor);
  }
  if (next_cursor !== null) printer.note(`There are more: --limit N, or --cursor ${next_cursor}`);
}

function describeState(entity: History['entity'], state: NonNullable<History['state']>, width: number): string {
  const basis = state.basis.map(({ id, action, used }) => `${id} ${action} (${used})`).join('\n');
  return `${renderFields(
    [
      ['entity', `${entity.type} ${entity.id}`],
      ['at', `${shortTime(state.at)} UTC`],
      ['state', state.value === null ? 'deleted' : state.value],
      ['status', `${state.status}: ${state.reason}`],
      ['from', basis],
    ],
    width,
  )}\n`;
}
