import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { WebSocketServer } from 'ws';
import { messageOf } from '../../core/errors.js';
import { holdsCredential, holdsKey } from '../auth/headers.js';
import { Problem, problemKinds } from '../errors.js';
import { clientAddress } from '../http/client-address.js';
import { organizationHeader } from '../http/headers.js';
import { problemContentType } from '../http/problem-body.js';
import { createConnection } from './connection.js';
import { type Credential, checkMayStream } from './credential.js';
import { createAlertSubscriptionOpener, createSubscriptionOpener } from './open-subscription.js';
import { problemAnswer, subprotocol } from './protocol.js';
import type { StreamParts } from './routes.js';
import { createWatched } from './watched.js';

export const socketPath = '/api/audit/stream';

/** WebSockets of the protocol audit.v1, upgraded on the app's own server. Returns a function that takes no more. */
export function acceptSockets(app: FastifyInstance, parts: StreamParts): () => void {
  const { streams, credentials, subscriptions, alertFeed, limits, metrics, log } = parts;
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: limits.frameBytes,
    perMessageDeflate: false,
    autoPong: false,
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  });

  /** By a header, or a ticket in the address; undefined where there is none: the first message has to bring it. */
  const credentialOf = async (request: IncomingMessage, ticket: string | null): Promise<Credential | undefined> => {
    const held = holdsCredential(request.headers);
    if (ticket !== null) {
      // A browser sends its cookie with every address that it is told, so the ticket counts.
      if (held && request.headers.cookie === undefined) {
        throw new Problem('invalid-request', 'send one credential: a header or a ticket');
      }
      return credentials.ofSecret({ ticket });
    }
    return held ? credentials.ofHeaders(request) : undefined;
  };

  const upgrade = async (request: IncomingMessage, duplex: Duplex, head: Buffer): Promise<void> => {
    const { ticket } = readUpgrade(request);
    streams.checkRoom();
    const organization = organizationHeader({ raw: request });
    const { watchedOf, admitted } = createDoor(request, parts);
    const asked = credentialOf(request, ticket);
    const credential = await admitted(asked, holdsKey(request.headers));
    if (credential) streams.checkCount(credential.caller);
    const openSubscription = createSubscriptionOpener(subscriptions, { organization, watchedOf });
    const openAlertSubscription = createAlertSubscriptionOpener({ alertFeed, metrics }, { organization });
    if (duplex.destroyed) return;
    server.handleUpgrade(request, duplex, head, (socket) => {
      const connection = createConnection({
        socket,
        wire: duplex,
        credential,
        async authenticate(secret) {
          const known = await admitted(credentials.ofSecret(secret), 'key' in secret);
          if (known.caller.keyId !== connection.credential?.caller.keyId) streams.checkCount(known.caller);
          return known;
        },
        openSubscription,
        openAlertSubscription,
        limits,
        metrics,
        log,
      });
      socket.on('close', streams.add(connection));
    });
  };

  const onUpgrade = (request: IncomingMessage, duplex: Duplex, head: Buffer): void => {
    duplex.on('error', (error) => log.debug({ error: error.message }, 'stream upgrade'));
    upgrade(request, duplex, head).catch((error) => {
      if (!(error instanceof Problem)) log.error({ error: messageOf(error) }, 'a stream upgrade failed');
      refuseUpgrade(duplex, error instanceof Problem ? error : new Problem('internal', 'the gateway failed'));
    });
  };
  app.server.on('upgrade', onUpgrade);
  return () => server.close();
}

/** What one peer is met with, whichever way its credential comes. */
function createDoor(
  request: IncomingMessage,
  { accessLog, refusedKeys, trustedProxies }: Pick<StreamParts, 'accessLog' | 'refusedKeys' | 'trustedProxies'>,
) {
  const { headers } = request;
  const requestId = randomUUID();
  const ip = clientAddress(request, trustedProxies);
  const origin = { requestId, ip, userAgent: headers['user-agent'] };
  const watchedOf = accessLog && createWatched({ accessLog, route: socketPath, origin });
  return {
    watchedOf,
    /** The credential, if it may see events at all: who may not is written down. Keys that are refused are counted. */
    async admitted<C extends Credential | undefined>(asked: Promise<C>, isKey: boolean): Promise<C> {
      const credential = await asked.catch(async (error) => {
        throw isKey && refusedKeys ? await refusedKeys.answerOf({ id: requestId, ip, headers }, error) : error;
      });
      try {
        if (credential) checkMayStream(credential.caller);
      } catch (error) {
        if (error instanceof Problem) watchedOf?.(credential!.caller).refused({ filter: {} }, error);
        throw error;
      }
      return credential;
    },
  };
}

/** Throws a Problem for another path, another subprotocol, or parameters that nobody reads. */
function readUpgrade({ url = '', headers }: IncomingMessage): { ticket: string | null } {
  const [path, query = ''] = url.split('?', 2);
  if (path !== socketPath) throw new Problem('not-found', `no WebSocket is at this path, but at ${socketPath}`);
  const offered = headers['sec-websocket-protocol']?.split(',').map((name) => name.trim());
  if (offered && !offered.includes(subprotocol)) {
    throw new Problem('invalid-request', `the subprotocol of this WebSocket is ${subprotocol}`);
  }
  const parameters = new URLSearchParams(query);
  const unknown = [...parameters.keys()].find((name) => name !== 'ticket');
  if (unknown !== undefined || parameters.getAll('ticket').length > 1) {
    const detail = 'is no parameter of the upgrade, which knows ticket, once; filters go into a subscribe message';
    const parameter = (unknown ?? 'ticket').slice(0, 64);
    throw new Problem('invalid-request', `${parameter}: ${detail}`, { errors: [{ parameter, detail }] });
  }
  return { ticket: parameters.get('ticket') };
}

function refuseUpgrade(duplex: Duplex, problem: Problem): void {
  const { status } = problemKinds[problem.kind];
  const body = JSON.stringify(problemAnswer(problem));
  const headers = Object.entries({
    ...problem.headers,
    'content-type': problemContentType,
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}`);
  duplex.end([`HTTP/1.1 ${status} ${problem.kind}`, ...headers, '', body].join('\r\n'));
}
