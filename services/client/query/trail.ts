import type { AuditEvent } from '../event.js';
import type { Gateway } from '../gateway/gateway.js';
import { type AuditFilter, filterParameters, scopePath } from './filter.js';

export interface AuditQuery extends AuditFilter {
  /** `ingest`: as recorded, for collectors, which go on by `since`. Default newest. */
  order?: 'newest' | 'oldest' | 'ingest' | undefined;
  /** Events of a page, 1–1,000. Default 100; 1,000 for those who iterate. */
  limit?: number | undefined;
  /** The `nextCursor` of an earlier page, under the same filter and order. */
  cursor?: string | undefined;
  /** With `order: 'ingest'`: `beginning` (default), `now`, or the last `nextCursor`, or a stream's cursor. */
  since?: string | undefined;
  signal?: AbortSignal | undefined;
  /** For each answer; instead of the client's. */
  timeoutMs?: number | undefined;
  /** How long to try again while the gateway is away; instead of the client's. */
  patienceMs?: number | undefined;
}

export interface AuditPage {
  events: AuditEvent[];
  /** Where the next page begins; null at the end. With `order: 'ingest'` there is always one: keep it. */
  nextCursor: string | null;
  /** Whether the organization's plan keeps its events. */
  persistentLogging: boolean;
  /** With `order: 'ingest'`: nothing more was stored when the question came. */
  caughtUp?: boolean;
}

/**
 * A question that is asked once somebody wants to know: `await` it for a page, `for await` it for every event, page by page. It is a
 * thenable: an async function that returns it returns its first page.
 */
export interface AuditTrail extends Promise<AuditPage>, AsyncIterable<AuditEvent> {
  /** Every page. */
  pages(): AsyncGenerator<AuditPage, void, undefined>;
}

interface PageAnswer {
  events: AuditEvent[];
  next_cursor: string | null;
  persistentLogging: boolean;
  caught_up?: boolean;
}

const mostPerPage = 1_000;

/** Throws for a filter that is none; everything else rejects when it is asked. */
export function createAuditTrail({
  gateway,
  query,
  headers,
}: {
  gateway: Pick<Gateway, 'get'>;
  query: AuditQuery;
  headers?: Readonly<Record<string, string>> | undefined;
}): AuditTrail {
  const { order, limit, cursor, since, signal, timeoutMs, patienceMs, ...given } = query;
  const { path, filter } = scopePath(given);
  const parameters = { ...filterParameters(filter), order };
  const sending = { headers, signal, timeoutMs, patienceMs };
  const ask = async (at: { cursor?: string | undefined; since?: string | undefined }, perPage?: number) => {
    const { events, next_cursor, persistentLogging, caught_up } = await gateway.get<PageAnswer>(path, {
      ...sending,
      query: { ...parameters, limit: perPage, ...at },
    });
    const page: AuditPage = { events, nextCursor: next_cursor, persistentLogging };
    return caught_up === undefined ? page : { ...page, caughtUp: caught_up };
  };

  async function* pages(): AsyncGenerator<AuditPage, void, undefined> {
    for (let at: { cursor?: string | undefined; since?: string | undefined } = { cursor, since }; ; ) {
      const page = await ask(at, limit ?? mostPerPage);
      yield page;
      // In ingest order there is no end, but there may be nothing more for now.
      if (page.nextCursor === null || page.caughtUp) return;
      at = order === 'ingest' ? { since: page.nextCursor } : { cursor: page.nextCursor };
    }
  }

  let first: Promise<AuditPage> | undefined;
  const page = (): Promise<AuditPage> => {
    first ??= ask({ cursor, since }, limit);
    return first;
  };
  return {
    // biome-ignore lint/suspicious/noThenProperty: awaiting it is how a page is asked for
    then: (onFulfilled, onRejected) => page().then(onFulfilled, onRejected),
    catch: (onRejected) => page().catch(onRejected),
    finally: (onFinally) => page().finally(onFinally),
    [Symbol.toStringTag]: 'AuditTrail',
    pages,
    async *[Symbol.asyncIterator]() {
      for await (const { events } of pages()) yield* events;
    },
  };
}
