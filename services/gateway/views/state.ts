import { parseTimestampUs } from '../../core/event/time.js';
import { isMemberField, type ViewState, valueText, viewColumns, viewFields } from '../../core/views/vocabulary.js';
import { Problem } from '../errors.js';
import { compileQuery, QueryFault } from '../query/language/index.js';
import { parseQuery } from '../query/language/parse.js';
import type { GivenState } from './schemas.js';

/** As JSON in UTF-8. Whoever opens a view has all of it in the address. */
const mostBytes = 8_192;
const fieldNames: ReadonlySet<string> = new Set(viewFields);

/**
 * A state as it is kept. Throws invalid-request, which points to what Explore would not understand: a query that cannot be read, a field
 * that is none, a value that its field cannot have, times that are none or the wrong way round.
 */
export function stateOf(given: GivenState, { nowMs }: { nowMs: number }): ViewState {
  const { tab = 'events', q = '', filters = [], order = 'newest', columns, time = {} } = given;
  if (q.trim() !== '') checkQuery(q, '/state/q', nowMs);
  for (const [at, { field, value }] of filters.entries()) {
    const pointer = `/state/filters/${at}`;
    if (!fieldNames.has(field) && !isMemberField(field)) {
      throw bad(`${pointer}/field`, `is none of ${viewFields.join(', ')}, details.…, before.… and after.…`);
    }
    const text = `${field}:${valueText(field, value)}`;
    checkQuery(text, `${pointer}/value`, nowMs);
    const said = parseQuery(text);
    if (said.kind !== 'term' || !said.field) throw bad(`${pointer}/field`, 'is more than the name of one field');
  }
  const state: ViewState = {
    tab,
    q,
    filters: filters.map(({ field, value, out = false }) => ({ field, value, out })),
    order,
    ...(columns ? { columns: viewColumns.filter((name) => columns.includes(name)) } : {}),
    time: timeOf(time),
  };
  const bytes = Buffer.byteLength(JSON.stringify(state));
  if (bytes > mostBytes) throw bad('/state', `has ${bytes} bytes as JSON, more than ${mostBytes}`);
  return state;
}

function timeOf({ last, from, to }: NonNullable<GivenState['time']>): ViewState['time'] {
  if (last !== undefined) {
    if (from !== undefined || to !== undefined) throw bad('/state/time', 'holds last beside from or to');
    return { last };
  }
  if (from === undefined) {
    if (to !== undefined) throw bad('/state/time/from', 'is required beside to');
    return { last: '24h' };
  }
  const fromUs = parseTimestampUs(from);
  const toUs = to === undefined ? undefined : parseTimestampUs(to);
  if (fromUs === undefined) throw bad('/state/time/from', 'is no RFC 3339 time');
  if (to !== undefined && toUs === undefined) throw bad('/state/time/to', 'is no RFC 3339 time');
  if (toUs !== undefined && fromUs > toUs) throw bad('/state/time/from', 'lies after to');
  return { from, ...(to === undefined ? {} : { to }) };
}

function checkQuery(text: string, pointer: string, nowMs: number): void {
  if (!text.isWellFormed() || text.includes('\0')) throw bad(pointer, 'holds a character that no event can');
  try {
    compileQuery(text, { nowMs });
  } catch (error) {
    if (!(error instanceof QueryFault)) throw error;
    throw bad(pointer, error.message);
  }
}

const bad = (pointer: string, detail: string): Problem =>
  new Problem('invalid-request', `${pointer} ${detail}`, { errors: [{ pointer, detail }] });
