import type { SealstreamError } from '../../core/errors.js';
import { AuditClientError } from '../errors.js';
import type { AuditEvent } from '../event.js';
import type { Gateway } from '../gateway/gateway.js';
import { type AuditFilter, filterParameters } from '../query/filter.js';
import { createReading } from './reading.js';
import { type Item, receiveAll } from './receiver.js';
import type { SocketTimes } from './socket.js';

export interface StreamOptions {
  /** What must fit, as in a query. */
  filter?: AuditFilter | undefined;
  /** The query language; may stand here instead of in the filter. */
  q?: string | undefined;
  /** `now` (default), `beginning`, or a cursor: of this stream, or the `nextCursor` of `order: 'ingest'`. */
  since?: string | undefined;
  /** Only these fields of events. */
  fields?: readonly string[] | undefined;
  /** `all` (default): every event, however slowly they are taken. `latest`: who is slow is told how many were left out. */
  delivery?: 'all' | 'latest' | undefined;
  /** Aborting closes the stream. */
  signal?: AbortSignal | undefined;
  /** Everything before the cursor has been worked on: save it. Awaited before the next event. */
  onCursor?: ((cursor: string) => unknown) | undefined;
  /** History is over, what follows is live. Again after every falling back. Awaited. */
  onCaughtUp?: ((cursor: string) => unknown) | undefined;
  /** With `delivery: 'latest'`: how many events were left out. Awaited. */
  onDropped?: ((count: number) => unknown) | undefined;
  /** Something is in the way. `retryInMs`: when the stream tries again by itself; undefined where it has ended. */
  onProblem?: ((problem: SealstreamError, next: { retryInMs: number | undefined }) => unknown) | undefined;
}

/** Events of a message, and where to resume behind them. */
export interface AuditBatch<E = AuditEvent> {
  events: E[];
  cursor: string;
}

/**
 * Events as they are recorded, each once, none left out, over any number of connections: where one is cut, the next begins behind the
 * last message. Read it by a callback, or by one iterator.
 */
export interface AuditStream<E = AuditEvent> extends AsyncIterable<E> {
  /** Everything before it has been worked on: `since` of the next stream. Undefined before the gateway has said where it begins. */
  readonly cursor: string | undefined;
  /** Resolves once the gateway has said where it begins: everything recorded from then on will come. */
  readonly ready: Promise<void>;
  /** Resolves when it is closed and the callback has returned. Rejects with what ended it: a refusal, or what the callback threw. */
  readonly closed: Promise<void>;
  /** Events as they come, with the cursor behind them: where both are stored at once, none is lost and none is there twice. */
  batches(): AsyncGenerator<AuditBatch<E>, void, undefined>;
  /** Takes no more. What is being worked on ends by itself: `closed` says when. */
  close(): void;
}

/** `settled` resolves when the stream is over, however it ended; looking at it does not count as hearing of an error. */
export function openAuditStream({
  gateway,
  headers = {},
  options,
  callback,
  times,
}: {
  gateway: Pick<Gateway, 'address' | 'headers'>;
  headers?: Readonly<Record<string, string>>;
  options: StreamOptions;
  callback?: ((event: AuditEvent) => unknown) | undefined;
  times?: SocketTimes | undefined;
}): { stream: AuditStream; settled: Promise<unknown> } {
  const { signal, since, fields, delivery, onCursor, onCaughtUp, onDropped, onProblem } = options;
  const subscription = { filter: filterParameters(filterOf(options)), since, fields, delivery };
  const reading = createReading<Item>({ signal, hasCallback: callback !== undefined, onProblem });
  const { inbox, beginning, close } = reading;
  let cursor: string | undefined;

  /** Messages in their order; one has been worked on when the next is asked for. */
  async function* messages(): AsyncGenerator<AuditBatch, void, undefined> {
    try {
      for (let item = await inbox.take(); item; item = await inbox.take()) {
        if (item.kind === 'dropped') {
          await onDropped?.(item.count);
          continue;
        }
        if (item.kind === 'events') yield { events: item.events, cursor: item.cursor };
        cursor = item.cursor;
        if (item.kind === 'caught_up') await onCaughtUp?.(item.cursor);
        await onCursor?.(item.cursor);
      }
    } finally {
      close();
    }
  }

  async function* eventByEvent(): AsyncGenerator<AuditEvent, void, undefined> {
    for await (const { events } of messages()) {
      for (const event of events) {
        if (reading.signal.aborted) return;
        yield event;
      }
    }
  }

  const work = async (): Promise<void> => {
    if (callback) for await (const event of eventByEvent()) await callback(event);
  };

  const receive = (): Promise<void> =>
    receiveAll({
      gateway,
      headers,
      subscription,
      inbox,
      onBegin(at) {
        cursor ??= at;
        beginning.done();
      },
      onTrouble: (error, retryInMs) => void onProblem?.(error, { retryInMs }),
      signal: reading.signal,
      times,
    });

  const { closed, settled } = reading.run({ receive, work });
  const stream: AuditStream = {
    get cursor() {
      return cursor;
    },
    get ready() {
      return beginning.promise();
    },
    closed,
    close,
    batches: () => reading.readOnce(messages),
    [Symbol.asyncIterator]: () => reading.readOnce(eventByEvent),
  };
  return { stream, settled };
}

function filterOf({ filter = {}, q }: StreamOptions): AuditFilter {
  if (q === undefined) return filter;
  if (filter.q !== undefined) {
    throw new AuditClientError('client_config', 'q is given twice: in the filter and beside it');
  }
  return { ...filter, q };
}
