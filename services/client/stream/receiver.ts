import { setTimeout as sleep } from 'node:timers/promises';
import type { SealstreamError } from '../../core/errors.js';
import { backoff } from '../../core/retry.js';
import { AuditClientError, AuditProblem } from '../errors.js';
import type { AuditEvent } from '../event.js';
import type { Gateway } from '../gateway/gateway.js';
import { problemDocument } from '../gateway/problem.js';
import type { Parameters } from '../query/filter.js';
import type { Inbox } from './inbox.js';
import type { ServerMessage } from './protocol.js';
import { openSocket, type SocketTimes } from './socket.js';

/** What the stream brings, in order. */
export type Item =
  | { kind: 'events'; events: AuditEvent[]; cursor: string }
  | { kind: 'caught_up'; cursor: string }
  | { kind: 'dropped'; count: number };

export interface Subscription {
  filter: Parameters;
  since: string | undefined;
  fields: readonly string[] | undefined;
  delivery: 'all' | 'latest' | undefined;
}

const pauses = { firstMs: 250, mostMs: 15_000 };
const id = 'audit';

/**
 * Fills the inbox, over as many connections as it takes, each beginning where the last one ended. Resolves when the signal aborts;
 * rejects with what no further connection can change.
 */
export async function receiveAll({
  gateway,
  headers,
  subscription,
  inbox,
  onBegin,
  onTrouble,
  signal,
  times,
}: {
  gateway: Pick<Gateway, 'address' | 'headers'>;
  headers: Readonly<Record<string, string>>;
  subscription: Subscription;
  inbox: Inbox<Item>;
  /** Where it begins; at each connection. */
  onBegin: (cursor: string) => void;
  onTrouble: (error: SealstreamError, retryInMs: number) => void;
  signal: AbortSignal;
  times: SocketTimes | undefined;
}): Promise<void> {
  const { fields, delivery } = subscription;
  let arrived = subscription.since;

  const open = ({ onMessage }: { onMessage: (message: ServerMessage, bytes: number) => void }) =>
    openSocket({
      address: gateway.address('/api/audit/stream'),
      headers: { ...gateway.headers(), ...headers },
      onMessage,
      onOpen: ({ send }) =>
        send({
          type: 'subscribe',
          id,
          filter: subscription.filter,
          ...(arrived === undefined ? {} : { since: arrived }),
          ...(fields === undefined ? {} : { fields }),
          ...(delivery === undefined ? {} : { delivery }),
        }),
      ...(times ? { times } : {}),
    });

  /** One connection, until it is over: rejects with why. */
  const receive = async (onProgress: () => void): Promise<void> => {
    let subscribed = false;
    let said: SealstreamError | undefined;
    let waiting = false;

    const refused = (message: Extract<ServerMessage, { type: 'problem' }>): void => {
      if (message.id !== undefined && message.id !== id) return;
      said = new AuditProblem(problemDocument(message.problem, 0), undefined);
      // Without an id it is about the connection, which the gateway closes where it must.
      if (message.id === id || !subscribed) socket.close(said);
    };

    const take = (message: Exclude<ServerMessage, { type: 'problem' }>, bytes: number): void => {
      if (message.type === 'subscribed') {
        subscribed = true;
        arrived = message.cursor;
        onBegin(message.cursor);
      } else if (message.type === 'events') {
        if (message.from !== arrived && delivery !== 'latest') throw outOfOrder();
        arrived = message.to;
        inbox.put({ kind: 'events', events: message.events, cursor: message.to }, bytes);
        onProgress();
      } else if (message.type === 'caught_up') {
        inbox.put({ kind: 'caught_up', cursor: message.cursor }, bytes);
        onProgress();
      } else if (message.type === 'dropped') inbox.put({ kind: 'dropped', count: message.count }, bytes);
    };

    const waitForRoom = async (): Promise<void> => {
      waiting = true;
      socket.pause();
      await inbox.room();
      waiting = false;
      socket.resume();
    };

    const socket = open({
      onMessage(message, bytes) {
        if (message.type === 'problem') return refused(message);
        if (message.id !== id) return;
        try {
          take(message, bytes);
        } catch (error) {
          socket.close(error as SealstreamError);
        }
        if (inbox.full && !waiting) void waitForRoom();
      },
    });
    const stop = (): void => socket.close();
    signal.addEventListener('abort', stop);
    try {
      await socket.ended;
    } catch (error) {
      // The gateway's last words say more than that the connection is closed.
      throw new Over(error instanceof AuditProblem ? error : ((said ?? error) as SealstreamError), subscribed);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  };

  for (let waits = backoff(pauses); ; ) {
    await inbox.room();
    if (signal.aborted) return;
    try {
      await receive(() => {
        waits = backoff(pauses);
      });
    } catch (over) {
      if (!(over instanceof Over)) throw over;
      const { reason } = over;
      if (signal.aborted) return;
      if (!over.worthAnotherTry) throw reason;
      const asked = reason instanceof AuditProblem ? (reason.retryAfterMs ?? 0) : 0;
      const retryInMs = Math.max(waits.next().value, asked);
      onTrouble(reason, retryInMs);
      await sleep(retryInMs, undefined, { signal }).catch(() => {});
    }
  }
}

/** Why a connection is over, and whether another one may fare better. */
class Over extends Error {
  readonly worthAnotherTry: boolean;
  constructor(
    readonly reason: SealstreamError,
    wasSubscribed: boolean,
  ) {
    super('a connection of the stream is over');
    this.worthAnotherTry = reason.retriable || (wasSubscribed && mayChange.includes(reason.code));
  }
}

/** What ends a subscription that was good before: whether it still holds, the next connection is told. */
const mayChange = ['unauthenticated', 'forbidden', 'internal'];

const outOfOrder = (): AuditClientError =>
  new AuditClientError(
    'cut',
    'a message of the stream does not follow the one before it; the stream goes on from that',
    {
      retriable: true,
    },
  );
