import { setTimeout as sleep } from 'node:timers/promises';
import type { SealstreamError } from '../../core/errors.js';
import { backoff } from '../../core/retry.js';
import { AuditProblem } from '../errors.js';
import type { Gateway } from '../gateway/gateway.js';
import { problemDocument } from '../gateway/problem.js';
import type { Inbox } from './inbox.js';
import type { ServerMessage } from './protocol.js';
import { openSocket, type SocketTimes } from './socket.js';

export interface Connecting {
  gateway: Pick<Gateway, 'address' | 'headers'>;
  headers: Readonly<Record<string, string>>;
  onTrouble: (error: SealstreamError, retryInMs: number) => void;
  signal: AbortSignal;
  times: SocketTimes | undefined;
}

/** A message about the one subscription, other than what ends it. */
export type Taken = Exclude<ServerMessage, { type: 'problem' }>;

const pauses = { firstMs: 250, mostMs: 15_000 };
const id = 'audit';

/**
 * Keeps one subscription open, over as many connections as it takes. Resolves when the signal aborts; rejects with what no further
 * connection can change.
 */
export async function keepSubscribed({
  subscribe,
  take,
  inbox,
  gateway,
  headers,
  onTrouble,
  signal,
  times,
}: Connecting & {
  /** Members of the subscribe message, beside type and id; asked at each connection. */
  subscribe: () => object;
  /** What it throws ends the connection. */
  take: (message: Taken, bytes: number) => void;
  /** While it is full the socket is not read. */
  inbox: Pick<Inbox<unknown>, 'full' | 'room'>;
}): Promise<void> {
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

    const waitForRoom = async (): Promise<void> => {
      waiting = true;
      socket.pause();
      await inbox.room();
      waiting = false;
      socket.resume();
    };

    const socket = openSocket({
      address: gateway.address('/api/audit/stream'),
      headers: { ...gateway.headers(), ...headers },
      onOpen: ({ send }) => send({ type: 'subscribe', id, ...subscribe() }),
      onMessage(message, bytes) {
        if (message.type === 'problem') return refused(message);
        if (message.id !== id) return;
        try {
          take(message, bytes);
          if (message.type === 'subscribed') subscribed = true;
          else onProgress();
        } catch (error) {
          socket.close(error as SealstreamError);
        }
        if (inbox.full && !waiting) void waitForRoom();
      },
      ...(times ? { times } : {}),
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
