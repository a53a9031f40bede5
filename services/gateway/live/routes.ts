import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { WebSocketServer } from 'ws';
import { messageOf } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';
import { type Authenticator, type Caller, checkPermission } from '../auth/caller.js';
import { holdsCredential } from '../auth/headers.js';
import { Problem, problemKinds } from '../errors.js';
import { problems } from '../http/described.js';
import type { History } from '../query/history.js';
import { type Connection, type Credential, createConnection } from './connection.js';
import { createGate } from './gate.js';
import { createInterestReader } from './interest.js';
import { defaultStreamLimits, type StreamLimits } from './limits.js';
import { createLiveHead } from './live-head.js';
import type { LiveReader } from './live-reader.js';
import type { LiveMetrics } from './metrics.js';
import { createSubscriptionOpener, type SubscriptionParts } from './open-subscription.js';
import { problemAnswer, subprotocol } from './protocol.js';

export interface LiveDeps {
  history: History;
  liveReader: LiveReader;
  authenticator: Authenticator;
  metrics: LiveMetrics;
  log: Logger;
  limits?: Partial<StreamLimits>;
  nowMs?: () => number;
}

const path = '/api/audit/stream';

/** GET /api/audit/stream: WebSockets of the protocol audit.v1, upgraded on the app's own server. */
export function registerLiveRoutes(app: FastifyInstance, deps: LiveDeps): void {
  const { authenticator, metrics, log } = deps;
  const limits = { ...defaultStreamLimits, ...deps.limits };
  const connections = new Set<Connection>();
  // A page of history is large: however many subscribers catch up at once, only a few pages are in memory.
  const inTurn = createGate(limits.historyReads);
  const history: History = { ...deps.history, page: (query) => inTurn(() => deps.history.page(query)) };
  const { liveReader } = deps;
  const head = createLiveHead({ liveReader, history, metrics, log });
  const readInterest = createInterestReader(deps);
  const parts: SubscriptionParts = { history, liveReader, head, readInterest, metrics };
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: limits.frameBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  });

  const schema = {
    summary: 'Events live: a WebSocket of the subprotocol audit.v1',
    description: 'The credential comes with the upgrade, or as the first message: docs/guides/live.md',
    operationId: 'openStream',
    tags: ['stream'],
    response: { 101: Type.Null({ description: 'the WebSocket is open' }), ...problems(401, 403, 404, 429) },
  };
  app.get(path, { schema, config: { public: true } }, async () => {
    throw new Problem(
      'invalid-request',
      `${path} is a WebSocket of the subprotocol ${subprotocol}: ask for an upgrade`,
    );
  });

  const upgrade = async (request: IncomingMessage, duplex: Duplex, head: Buffer): Promise<void> => {
    checkUpgrade(request);
    if (connections.size >= limits.connections) {
      throw new Problem(
        'unavailable',
        `the gateway has as many streams as it may: ${limits.connections}; try again later`,
      );
    }
    const organization = first(request.headers['x-organization-id']);
    const credential = holdsCredential(request.headers)
      ? await credentialOf(() => authenticator.ofHeaders(request.headers))
      : undefined;
    if (credential) checkCount(credential.caller, connections, limits);
    const openSubscription = createSubscriptionOpener(parts, organization);
    server.handleUpgrade(request, duplex, head, (socket) => {
      const connection = createConnection({
        socket,
        wire: duplex,
        credential,
        async authenticate(key) {
          const known = await credentialOf(() => authenticator.ofKey(key));
          checkCount(known.caller, connections, limits);
          return known;
        },
        openSubscription,
        limits,
        metrics,
        log,
      });
      connections.add(connection);
      metrics.connections.set(connections.size);
      socket.on('close', () => {
        connections.delete(connection);
        metrics.connections.set(connections.size);
      });
    });
  };

  app.server.on('upgrade', (request, duplex, head) => {
    duplex.on('error', (error) => log.debug({ error: error.message }, 'stream upgrade'));
    upgrade(request, duplex, head).catch((error) => {
      if (!(error instanceof Problem)) log.error({ error: messageOf(error) }, 'a stream upgrade failed');
      refuseUpgrade(duplex, error instanceof Problem ? error : new Problem('internal', 'the gateway failed'));
    });
  });

  const sweep = setInterval(() => void recheck(connections, log), limits.recheckMs);
  sweep.unref();
  app.addHook('preClose', async () => {
    clearInterval(sweep);
    for (const connection of connections) connection.close(1001, 'stopping', stopping());
    head.stop();
    server.close();
  });
}

const stopping = (): Problem =>
  new Problem('unavailable', 'the gateway stops; resume each subscription with its cursor');
const first = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

function checkUpgrade({ url = '', headers }: IncomingMessage): void {
  if (url.split('?', 1)[0] !== path) throw new Problem('not-found', `no WebSocket is at this path, but at ${path}`);
  const offered = headers['sec-websocket-protocol']?.split(',').map((name) => name.trim());
  if (offered && !offered.includes(subprotocol)) {
    throw new Problem('invalid-request', `the subprotocol of this WebSocket is ${subprotocol}`);
  }
}

async function credentialOf(ask: () => Promise<Caller>): Promise<Credential> {
  const caller = await ask();
  if (!caller.permissions.has('view:system_audit_logs')) checkPermission(caller, 'view:audit_logs');
  return { caller, again: ask };
}

function checkCount(
  { keyId }: Caller,
  connections: ReadonlySet<Connection>,
  { connectionsPerKey }: StreamLimits,
): void {
  const own = [...connections].filter(({ credential }) => credential?.caller.keyId === keyId);
  if (own.length >= connectionsPerKey) {
    throw new Problem('rate-limited', `the API key has ${connectionsPerKey} streams open, which is as many as it may`);
  }
}

/** Ends the streams of keys that were revoked and sessions that ended, or that may see something else now. Asks once for each. */
async function recheck(connections: ReadonlySet<Connection>, log: Logger): Promise<void> {
  const byKey = new Map<string, Connection[]>();
  for (const connection of connections) {
    const caller = connection.credential?.caller;
    const id = caller?.session?.id ?? caller?.keyId;
    if (id !== undefined) byKey.set(id, [...(byKey.get(id) ?? []), connection]);
  }
  for (const same of byKey.values()) {
    try {
      const now = rights(await same[0]!.credential!.again());
      for (const connection of same) {
        if (rights(connection.credential!.caller) === now) continue;
        connection.close(
          1008,
          'changed',
          new Problem('forbidden', 'what the API key permits has changed; connect again'),
        );
      }
    } catch (error) {
      // While keys cannot be looked up, streams go on: nobody was revoked that we know of.
      if (error instanceof Problem && error.kind === 'unauthenticated') {
        for (const connection of same) connection.close(1008, 'revoked', error);
      } else log.warn({ error: messageOf(error) }, 'the keys of open streams cannot be looked up');
    }
  }
}

const rights = ({ organizations, permissions }: Caller): string =>
  JSON.stringify([organizations === '*' ? '*' : [...organizations].sort(), [...permissions].sort()]);

function refuseUpgrade(duplex: Duplex, problem: Problem): void {
  const { status } = problemKinds[problem.kind];
  const body = JSON.stringify(problemAnswer(problem));
  const headers = Object.entries({
    ...problem.headers,
    'content-type': 'application/problem+json',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}`);
  duplex.end([`HTTP/1.1 ${status} ${problem.kind}`, ...headers, '', body].join('\r\n'));
}
