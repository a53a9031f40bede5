import { SealstreamError } from '../../core/errors.js';
import { AuditClientError } from '../errors.js';
import { createBeginning } from './beginning.js';
import { createInbox } from './inbox.js';

/** What may wait to be worked on; beyond it the socket is not read. */
const inboxLimits = { mostItems: 64, mostBytes: 1_048_576 };

type Generator<T> = AsyncGenerator<T, void, undefined>;

/** The life of a stream: it begins, is read once, and ends once, whatever ends it. */
export interface Reading<Item> {
  readonly inbox: ReturnType<typeof createInbox<Item>>;
  readonly beginning: ReturnType<typeof createBeginning>;
  /** Aborted once it takes no more. */
  readonly signal: AbortSignal;
  close(): void;
  /** Throws where somebody reads it already. */
  readOnce<T>(generator: () => Generator<T>): Generator<T>;
  /**
   * Receives until it is closed, and meanwhile works on what comes. `closed` resolves when both are over and rejects with what ended them;
   * `settled` resolves however that was, and looking at it does not count as hearing of an error.
   */
  run(parts: { receive: () => Promise<void>; work: () => Promise<void> }): {
    closed: Promise<void>;
    settled: Promise<unknown>;
  };
}

export function createReading<Item>({
  signal,
  hasCallback,
  onProblem,
}: {
  /** Aborting closes it. */
  signal: AbortSignal | undefined;
  hasCallback: boolean;
  onProblem: ((problem: SealstreamError, next: { retryInMs: number | undefined }) => unknown) | undefined;
}): Reading<Item> {
  const stopped = new AbortController();
  const inbox = createInbox<Item>(inboxLimits);
  const beginning = createBeginning();
  let isRead = hasCallback;

  const close = (): void => {
    stopped.abort();
    inbox.discard();
  };

  const run: Reading<Item>['run'] = ({ receive, work }) => {
    const receiveAll = async (): Promise<void> => {
      try {
        await receive();
        inbox.end();
      } catch (error) {
        const isHeard = !hasCallback || onProblem !== undefined || beginning.isWaitedFor;
        if (isHeard) closed.catch(() => {});
        beginning.failed(error);
        inbox.end(error);
        if (error instanceof SealstreamError) onProblem?.(error, { retryInMs: undefined });
        throw error;
      }
    };
    const receiving = receiveAll();
    const settled = Promise.allSettled([work(), receiving]);
    const closed: Promise<void> = settled.then((results) => {
      const failed = results.find((result) => result.status === 'rejected');
      if (failed) throw failed.reason;
      beginning.failed(new AuditClientError('client_closed', 'the stream was closed before it began'));
    });
    if (signal?.aborted) close();
    else if (signal) {
      signal.addEventListener('abort', close);
      stopped.signal.addEventListener('abort', () => signal.removeEventListener('abort', close));
    }
    return { closed, settled };
  };

  return {
    inbox,
    beginning,
    signal: stopped.signal,
    close,
    run,
    readOnce(generator) {
      if (isRead) throw new AuditClientError('client_config', 'a stream has one reader: a callback, or one iterator');
      isRead = true;
      return generator();
    },
  };
}
