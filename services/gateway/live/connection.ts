import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { messageOf } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';
import { Problem } from '../errors.js';
import { createBudget } from './budget.js';
import { type Credential, expiryOf, rightsOf, type Secret } from './credential.js';
import type { StreamLimits } from './limits.js';
import type { LiveMetrics } from './metrics.js';
import type { CloseReason, OpenStream } from './open-streams.js';
import { createOutgoing } from './outgoing.js';
import { type ClientMessage, idIn, problemAnswer, readMessage } from './protocol.js';
import { createSubscriptionSet, type OpenAlertSubscription, type OpenSubscription } from './subscription-set.js';

/** How long the peer has to take the last words before the connection is cut. */
const lastWordsMs = 5_000;
/** RFC 6455 §7.4.1: going away, policy violation, try again later. */
const closeCodes: Readonly<Record<CloseReason, number>> = {
  stopping: 1001,
  revoked: 1008,
  changed: 1008,
  unauthenticated: 1008,
  refusals: 1008,
  silent: 1008,
  stalled: 1013,
};

/** One WebSocket of the protocol audit.v1. */
export function createConnection({
  socket,
  wire,
  credential: initial,
  authenticate,
  openSubscription,
  openAlertSubscription,
  limits,
  metrics,
  log,
}: {
  socket: WebSocket;
  /** What the socket writes to. */
  wire: Duplex;
  /** Absent where the upgrade held none: then the first message must. */
  credential: Credential | undefined;
  /** Rejects with a Problem. */
  authenticate: (secret: Secret) => Promise<Credential>;
  openSubscription: OpenSubscription;
  openAlertSubscription: OpenAlertSubscription;
  limits: StreamLimits;
  metrics: LiveMetrics;
  log: Logger;
}): OpenStream {
  let credential = initial;
  let refused = 0;
  let closing = false;
  const budget = createBudget({ perSecond: limits.messagesPerSecond, burst: limits.messageBurst });
  const { unsentBytes, stallMs } = limits;
  const outgoing = createOutgoing({ socket, wire, unsentBytes, stallMs, onStall: () => close('stalled', stalled()) });
  const most = limits.subscriptionsPerConnection;
  const subscriptions = createSubscriptionSet({
    openSubscription,
    openAlertSubscription,
    outgoing,
    most,
    metrics,
    log,
  });

  const close: OpenStream['close'] = (why, problem) => {
    if (closing) return;
    closing = true;
    metrics.closed.inc({ why });
    subscriptions.closeAll(problem);
    outgoing.send({ type: 'problem', problem: problemAnswer(problem) });
    socket.close(closeCodes[why], why);
    setTimeout(() => socket.terminate(), lastWordsMs).unref();
  };

  const refuse = (error: unknown, id?: string): void => {
    const problem = error instanceof Problem ? error : new Problem('internal', 'the gateway failed');
    if (problem !== error) log.error({ error: messageOf(error) }, 'a stream message failed');
    refused += 1;
    outgoing.send({ type: 'problem', ...(id === undefined ? {} : { id }), problem: problemAnswer(problem) });
    if (refused >= limits.refusals) close('refusals', tooMany(refused));
  };

  const signIn = async (secret: Secret): Promise<void> => {
    if (credential) throw new Problem('conflict', 'the connection is authenticated already; refresh renews it');
    try {
      credential = await authenticate(secret);
    } catch (error) {
      if (!(error instanceof Problem) || error.retriable) throw error;
      close('unauthenticated', error);
      return;
    }
    outgoing.send({ type: 'authenticated', ...saidOf(credential) });
  };

  /** Another credential of the same rights takes over: every subscription was opened by what the first one may see. */
  const refresh = async (secret: Secret): Promise<void> => {
    const next = await authenticate(secret);
    if (credential && rightsOf(next.caller) !== rightsOf(credential.caller)) {
      throw new Problem('conflict', 'this credential permits something else than the first; connect anew with it');
    }
    credential = next;
    outgoing.send({ type: 'refreshed', ...saidOf(next) });
  };

  const handle = async (message: ClientMessage): Promise<void> => {
    const { type } = message;
    if (type === 'ping') return outgoing.send({ type: 'pong' });
    if (type === 'auth') return signIn(message.secret);
    if (!credential) throw new Problem('unauthenticated', 'send {"type":"auth","key":"…"} or a ticket first');
    if (type === 'refresh') return refresh(message.secret);
    if (type === 'subscribe') {
      await subscriptions.open(credential.caller, message);
      if (closing) subscriptions.closeAll();
      return;
    }
    if (type === 'ack') return subscriptions.acknowledge(message.id, message.to);
    subscriptions[type](message.id);
  };

  /** Messages are worked on one after the other: an auth is through before what follows it. */
  let turn: Promise<void> = Promise.resolve();
  const enqueue = (message: ClientMessage): void => {
    turn = turn.then(async () => {
      if (closing) return;
      try {
        await handle(message);
      } catch (error) {
        if (!closing) refuse(error, 'id' in message ? message.id : undefined);
      }
    });
  };
  const onFrame = (data: RawData, isBinary: boolean): void => {
    if (closing) return;
    const text = isBinary ? '' : String(data);
    try {
      if (!budget.take()) throw tooFast();
      if (isBinary) throw new Problem('invalid-request', 'frames of this protocol are text');
      enqueue(readMessage(text));
    } catch (error) {
      refuse(error, idIn(text));
    }
  };
  /** The protocol's own pings are answered as far as they are taken, so that a flood of them piles up nothing. */
  const onPing = (data: Buffer): void => {
    if (closing) return;
    if (!budget.take()) refuse(tooFast());
    else if (outgoing.hasRoom) socket.pong(data);
  };

  const authTimer = setTimeout(() => {
    if (!credential) close('unauthenticated', new Problem('unauthenticated', 'no credential came in time'));
  }, limits.authMs);
  const stopKeepalive = keepAlive(socket, limits.keepaliveMs, () => metrics.closed.inc({ why: 'silent' }));
  socket.on('message', onFrame);
  socket.on('ping', onPing);
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

function saidOf({ caller }: Credential): { name: string; expires_at: string | null } {
  const expiresAtMs = expiryOf(caller);
  return { name: caller.name, expires_at: Number.isFinite(expiresAtMs) ? new Date(expiresAtMs).toISOString() : null };
}

const stalled = (): Problem =>
  new Problem('rate-limited', 'nothing was taken for too long; resume each subscription with its cursor');
const tooFast = (): Problem => new Problem('rate-limited', 'too many messages at once');
const tooMany = (refused: number): Problem =>
  new Problem('rate-limited', `${refused} messages were refused on this connection`);

/** Pings, and cuts the connection when nothing came back by the next ping. */
function keepAlive(socket: WebSocket, everyMs: number, onSilence: () => void): () => void {
  let alive = true;
  const sign = (): void => {
    alive = true;
  };
  for (const what of ['pong', 'ping', 'message']) socket.on(what, sign);
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
