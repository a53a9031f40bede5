import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { messageOf } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';
import type { Caller } from '../auth/caller.js';
import { Problem } from '../errors.js';
import { createBudget } from './budget.js';
import type { StreamLimits } from './limits.js';
import type { LiveMetrics } from './metrics.js';
import { createOutgoing } from './outgoing.js';
import { type ClientMessage, problemAnswer, readMessage } from './protocol.js';
import { createSubscriptionSet, type OpenSubscription } from './subscription-set.js';

/** Who is at the other end, and a way to ask whether that still holds. */
export interface Credential {
  caller: Caller;
  /** Rejects with unauthenticated once the key is revoked or has expired. */
  again(): Promise<Caller>;
}

export interface Connection {
  readonly credential: Credential | undefined;
  /** Says why, says where each subscription stands, closes. */
  close(code: number, why: CloseReason, problem: Problem): void;
}

export type CloseReason = 'revoked' | 'changed' | 'unauthenticated' | 'refusals' | 'stalled' | 'silent' | 'stopping';

/** How long the peer has to take the last words before the connection is cut. */
const lastWordsMs = 5_000;

/** One WebSocket of the protocol audit.v1. */
export function createConnection({
  socket,
  wire,
  credential: initial,
  authenticate,
  openSubscription,
  limits,
  metrics,
  log,
}: {
  socket: WebSocket;
  /** What the socket writes to. */
  wire: Duplex;
  /** Absent where the headers held none: then the first message must. */
  credential: Credential | undefined;
  /** Rejects with a Problem. */
  authenticate: (key: string) => Promise<Credential>;
  openSubscription: OpenSubscription;
  limits: StreamLimits;
  metrics: LiveMetrics;
  log: Logger;
}): Connection {
  let credential = initial;
  let refused = 0;
  let closing = false;
  const budget = createBudget({ perSecond: limits.messagesPerSecond, burst: limits.messageBurst });
  const { unsentBytes, stallMs } = limits;
  const outgoing = createOutgoing({
    socket,
    wire,
    unsentBytes,
    stallMs,
    onStall: () => close(1013, 'stalled', stalled()),
  });
  const most = limits.subscriptionsPerConnection;
  const subscriptions = createSubscriptionSet({ openSubscription, outgoing, most, metrics, log });

  const close: Connection['close'] = (code, why, problem) => {
    if (closing) return;
    closing = true;
    metrics.closed.inc({ why });
    subscriptions.closeAll(problem);
    outgoing.send({ type: 'problem', problem: problemAnswer(problem) });
    socket.close(code, why);
    setTimeout(() => socket.terminate(), lastWordsMs).unref();
  };

  const refuse = (error: unknown, id?: string): void => {
    const problem = error instanceof Problem ? error : new Problem('internal', 'the gateway failed');
    if (problem !== error) log.error({ error: messageOf(error) }, 'a stream message failed');
    refused += 1;
    outgoing.send({ type: 'problem', ...(id === undefined ? {} : { id }), problem: problemAnswer(problem) });
    if (refused >= limits.refusals) close(1008, 'refusals', tooMany(refused));
  };

  const handle = async (message: ClientMessage): Promise<void> => {
    if (message.type === 'ping') return outgoing.send({ type: 'pong' });
    if (message.type === 'auth') {
      if (credential) throw new Problem('conflict', 'the connection is authenticated already');
      credential = await authenticate(message.key);
      return outgoing.send({ type: 'authenticated', name: credential.caller.name });
    }
    if (!credential) throw new Problem('unauthenticated', 'send {"type":"auth","key":"…"} first');
    if (message.type === 'unsubscribe') return subscriptions.close(message.id);
    await subscriptions.open(credential.caller, message);
    if (closing) subscriptions.closeAll();
  };

  /** Messages are worked on one after the other: an auth is through before what follows it. */
  let turn: Promise<void> = Promise.resolve();
  const enqueue = (message: ClientMessage): void => {
    turn = turn.then(async () => {
      if (closing) return;
      try {
        await handle(message);
      } catch (error) {
        if (closing) return;
        if (message.type === 'auth' && !credential && error instanceof Problem && !error.retriable)
          close(1008, 'unauthenticated', error);
        else refuse(error, 'id' in message ? message.id : undefined);
      }
    });
  };
  const onFrame = (data: RawData, isBinary: boolean): void => {
    if (closing) return;
    try {
      if (!budget.take()) throw new Problem('rate-limited', 'too many messages at once');
      if (isBinary) throw new Problem('invalid-request', 'frames of this protocol are text');
      enqueue(readMessage(String(data)));
    } catch (error) {
      refuse(error);
    }
  };

  const authTimer = setTimeout(() => {
    if (!credential) close(1008, 'unauthenticated', new Problem('unauthenticated', 'no credential came in time'));
  }, limits.authMs);
  const stopKeepalive = keepAlive(socket, limits.keepaliveMs, () => metrics.closed.inc({ why: 'silent' }));
  socket.on('message', onFrame);
  socket.on('error', (error) => log.debug({ error: error.message }, 'stream socket'));
  socket.on('close', () => {
    closing = true;
    clearTimeout(authTimer);
    stopKeepalive();
    outgoing.stop();
    subscriptions.closeAll();
  });

  return {
    get credential() {
      return credential;
    },
    close,
  };
}

const stalled = (): Problem =>
  new Problem('rate-limited', 'nothing was taken for too long; resume each subscription with its cursor');
const tooMany = (refused: number): Problem =>
  new Problem('rate-limited', `${refused} messages were refused on this connection`);

/** Pings, and cuts the connection when nothing came back by the next ping. */
function keepAlive(socket: WebSocket, everyMs: number, onSilence: () => void): () => void {
  let alive = true;
  const sign = (): void => {
    alive = true;
  };
  socket.on('pong', sign);
  socket.on('message', sign);
  const timer = setInterval(() => {
    if (!alive) {
      onSilence();
      socket.terminate();
      return;
    }
    alive = false;
    socket.ping();
  }, everyMs);
  return () => clearInterval(timer);
}
