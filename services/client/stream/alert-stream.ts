import type { SealstreamError } from '../../core/errors.js';
import type { AlertChange, AlertChangeName, AlertLevel, AlertStateName } from '../alert.js';
import { AuditClientError } from '../errors.js';
import type { Gateway } from '../gateway/gateway.js';
import type { AnyOf } from '../query/filter.js';
import { keepSubscribed } from './connections.js';
import { createReading } from './reading.js';
import type { SocketTimes } from './socket.js';

/** Under the gateway's names. All that are given must fit. */
export interface AlertFilter {
  change?: AnyOf<AlertChangeName> | undefined;
  /** Which the alert then is in. */
  state?: AnyOf<AlertStateName> | undefined;
  rule?: AnyOf<string> | undefined;
  level?: AnyOf<AlertLevel> | undefined;
  fingerprint?: string | undefined;
  /** `ip:198.51.100.7` */
  group?: AnyOf<string> | undefined;
  organization_id?: AnyOf<string> | undefined;
}

export interface AlertStreamOptions {
  filter?: AlertFilter | undefined;
  /** Aborting closes the stream. */
  signal?: AbortSignal | undefined;
  /** So many changes were left out, because they were not taken in time: list alerts again. Awaited. */
  onDropped?: ((count: number) => unknown) | undefined;
  /** It was cut and goes on: nobody knows what changed in between; list alerts again. Awaited. */
  onResumed?: (() => unknown) | undefined;
  /** Something is in the way. `retryInMs`: when the stream tries again by itself; undefined where it has ended. */
  onProblem?: ((problem: SealstreamError, next: { retryInMs: number | undefined }) => unknown) | undefined;
}

/** Changes of alerts as they happen, over any number of connections. Read it by a callback, or by one iterator. */
export interface AlertStream extends AsyncIterable<AlertChange> {
  /** Resolves once everything that changes from then on will come: list alerts then. */
  readonly ready: Promise<void>;
  /** Resolves when it is closed and the callback has returned. Rejects with what ended it: a refusal, or what the callback threw. */
  readonly closed: Promise<void>;
  /** Takes no more. What is being worked on ends by itself: `closed` says when. */
  close(): void;
}

type Item = { kind: 'changes'; changes: AlertChange[] } | { kind: 'dropped'; count: number } | { kind: 'resumed' };

export function openAlertStream({
  gateway,
  headers = {},
  options: { filter = {}, signal, onDropped, onResumed, onProblem },
  callback,
  times,
}: {
  gateway: Pick<Gateway, 'address' | 'headers'>;
  headers?: Readonly<Record<string, string>>;
  options: AlertStreamOptions;
  callback?: ((change: AlertChange) => unknown) | undefined;
  times?: SocketTimes | undefined;
}): { stream: AlertStream; settled: Promise<unknown> } {
  // Beyond what its inbox takes, the gateway counts what it leaves out.
  const reading = createReading<Item>({ signal, hasCallback: callback !== undefined, onProblem });
  const { inbox, beginning, close } = reading;
  const asked = alertParameters(filter);
  let hasBegun = false;

  async function* changeByChange(): AsyncGenerator<AlertChange, void, undefined> {
    try {
      for (let item = await inbox.take(); item; item = await inbox.take()) {
        if (item.kind === 'dropped') await onDropped?.(item.count);
        else if (item.kind === 'resumed') await onResumed?.();
        else {
          for (const change of item.changes) {
            if (reading.signal.aborted) return;
            yield change;
          }
        }
      }
    } finally {
      close();
    }
  }

  const work = async (): Promise<void> => {
    if (callback) for await (const change of changeByChange()) await callback(change);
  };

  const receive = (): Promise<void> =>
    keepSubscribed({
      gateway,
      headers,
      inbox,
      signal: reading.signal,
      times,
      subscribe: () => ({ kind: 'alerts', filter: asked }),
      take(message, bytes) {
        if (message.type === 'subscribed') {
          if (hasBegun) inbox.put({ kind: 'resumed' }, 0);
          hasBegun = true;
          beginning.done();
        } else if (message.type === 'alerts') inbox.put({ kind: 'changes', changes: message.changes }, bytes);
        else if (message.type === 'dropped') inbox.put({ kind: 'dropped', count: message.count }, bytes);
      },
      onTrouble: (error, retryInMs) => void onProblem?.(error, { retryInMs }),
    });

  const { closed, settled } = reading.run({ receive, work });
  const stream: AlertStream = {
    get ready() {
      return beginning.promise();
    },
    closed,
    close,
    [Symbol.asyncIterator]: () => reading.readOnce(changeByChange),
  };
  return { stream, settled };
}

const filterNames: Readonly<Record<keyof AlertFilter, true>> = {
  change: true,
  state: true,
  rule: true,
  level: true,
  fingerprint: true,
  group: true,
  organization_id: true,
};

/** Throws for what, left out quietly, would let through what was to be kept out: a name that is none, a list without a value. */
function alertParameters(filter: AlertFilter): Record<string, unknown> {
  const given = Object.entries(filter).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    if (!Object.hasOwn(filterNames, name)) {
      throw new AuditClientError('client_config', `${JSON.stringify(name)} is no filter of alerts`);
    }
    if (Array.isArray(value) && value.length === 0) {
      throw new AuditClientError('client_config', `the filter ${name} is a list without a value`);
    }
  }
  return Object.fromEntries(given);
}
