import { setImmediate } from 'node:timers/promises';
import type { EventRow } from '../../core/rows/index.js';
import { Problem, unavailable } from '../errors.js';
import type { RawQuery, ScopeFor } from '../query/event-queries.js';
import type { Records } from '../query/records.js';
import type { EventsTable } from '../query/scope.js';
import { readTotal } from '../query/total.js';
import { createWriter, type ExportFormat } from './formats.js';
import type { ExportLimits } from './limits.js';
import { readPages } from './pages.js';
import { type ExportRequest, readExportRequest } from './request.js';
import { storedThen } from './snapshot.js';

/** An export that has begun: how many events it holds is known, and the first of them are read. */
export interface Export {
  format: ExportFormat;
  contentType: string;
  events: number;
  /** The file, piece by piece. Throws where it cannot be ended: what was written by then is no export. */
  text(): AsyncGenerator<string, void, undefined>;
}

export interface Exporter {
  /** Rejects with a Problem. Everything stored when it is called, and nothing stored later, is in the export. */
  begin(ask: { scopeFor: ScopeFor; query: RawQuery; signal: AbortSignal }): Promise<Export>;
}

/** Written in one go, before others get their turn. */
const rowsInOneGo = 200;

export function createExporter({
  table,
  records,
  incarnation,
  limits,
  nowMs = Date.now,
}: {
  table: EventsTable;
  records: Pick<Records, 'stored'>;
  /** The topic's present incarnation; undefined before the registry names one. */
  incarnation: () => Buffer | undefined;
  limits: ExportLimits;
  nowMs?: () => number;
}): Exporter {
  return {
    async begin({ scopeFor, query, signal }) {
      const startMs = nowMs();
      const request = readExportRequest(query, { nowMs: startMs, mostEvents: limits.events });
      const { filter, direction, format } = request;
      const scope = scopeFor(filter.organizations);
      const life = incarnation();
      if (!life) throw unavailable('registry', 'the registry does not name the topic yet');
      const within = storedThen(life, await records.stored(life));
      const shared = { table, scope, filter, within, signal };
      const total = await readTotal(shared);
      const events = Math.min(total, request.limit ?? total);
      if (events > limits.events) throw tooLarge(events, limits.events);
      const pages = readPages({ ...shared, direction, most: events, nowMs: startMs, limits });
      const first = await pages.next();
      return {
        format,
        contentType: createWriter(format, request).contentType,
        events,
        text: () => write(request, events, first, pages),
      };
    },
  };
}

async function* write(
  request: ExportRequest,
  events: number,
  first: IteratorResult<EventRow[], void>,
  pages: AsyncGenerator<EventRow[], void, undefined>,
): AsyncGenerator<string, void, undefined> {
  const writer = createWriter(request.format, request);
  let written = 0;
  try {
    if (writer.head !== '') yield writer.head;
    for (let page = first; !page.done; page = await pages.next()) {
      for (let from = 0; from < page.value.length; from += rowsInOneGo) {
        let text = '';
        for (const row of page.value.slice(from, from + rowsInOneGo)) {
          text += writer.event(row, written);
          written += 1;
        }
        yield text;
        await setImmediate();
      }
    }
    if (written !== events) throw new Error(`${written} events were found of the ${events} that were counted`);
    const tail = writer.tail(written);
    if (tail !== '') yield tail;
  } finally {
    await pages.return();
  }
}

const tooLarge = (events: number, most: number): Problem =>
  new Problem(
    'export-too-large',
    `these filters let ${events} events through and one export holds at most ${most}; narrow the time range, add filters, or take the newest by limit`,
    { extensions: { events, most_events: most } },
  );
