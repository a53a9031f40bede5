import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { Logger } from '../../core/log.js';
import type { AlertFeed } from '../alerts/stream/alert-feed.js';
import type { RefusedKeys } from '../auth/attempts/refused-keys.js';
import type { Authenticator } from '../auth/caller.js';
import { Problem } from '../errors.js';
import type { TrustedProxies } from '../http/client-address.js';
import { describedOnly, problems } from '../http/described.js';
import type { History } from '../query/history.js';
import type { AccessLog } from '../watch/access-log.js';
import { createCredentials } from './credential.js';
import { registerEventStream } from './event-stream-route.js';
import { createGate } from './gate.js';
import { createInterestReader } from './interest.js';
import { defaultStreamLimits, type StreamLimits } from './limits.js';
import { createLiveHead } from './live-head.js';
import type { LiveReader } from './live-reader.js';
import type { LiveMetrics } from './metrics.js';
import { createOpenStreams, type OpenStreams } from './open-streams.js';
import type { SubscriptionParts } from './open-subscription.js';
import { subprotocol } from './protocol.js';
import { acceptSockets, socketPath } from './upgrade.js';

export interface LiveDeps {
  history: History;
  liveReader: LiveReader;
  /** No alerts are to be followed where absent. */
  alertFeed?: Pick<AlertFeed, 'follow'> | undefined;
  authenticator: Authenticator;
  /** Who watches; nothing is noted where absent. */
  accessLog?: Pick<AccessLog, 'note'> | undefined;
  /** Refused keys are not counted where absent. */
  refusedKeys?: RefusedKeys | undefined;
  trustedProxies?: TrustedProxies | undefined;
  metrics: LiveMetrics;
  log: Logger;
  limits?: Partial<StreamLimits>;
  nowMs?: () => number;
}

/** What both kinds of streams rest on. */
export interface StreamParts {
  streams: OpenStreams;
  credentials: ReturnType<typeof createCredentials>;
  authenticator: Authenticator;
  subscriptions: SubscriptionParts;
  alertFeed: Pick<AlertFeed, 'follow'> | undefined;
  accessLog: Pick<AccessLog, 'note'> | undefined;
  refusedKeys: RefusedKeys | undefined;
  trustedProxies: TrustedProxies | undefined;
  limits: StreamLimits;
  metrics: LiveMetrics;
  log: Logger;
}

/** Events live: WebSockets at /api/audit/stream, server-sent events at /api/audit/stream/sse. */
export function registerLiveRoutes(app: FastifyInstance, deps: LiveDeps): void {
  const { authenticator, accessLog, trustedProxies, liveReader, metrics, log, nowMs } = deps;
  const limits = { ...defaultStreamLimits, ...deps.limits };
  // A page of history is large: however many subscribers catch up at once, only a few pages are in memory.
  const inTurn = createGate(limits.historyReads);
  const history: History = { ...deps.history, page: (query) => inTurn(() => deps.history.page(query)) };
  const head = createLiveHead({ liveReader, history, metrics, log });
  const streams = createOpenStreams({ limits, metrics, log, nowMs });
  const parts: StreamParts = {
    streams,
    credentials: createCredentials({ authenticator }),
    authenticator,
    subscriptions: { history, liveReader, head, readInterest: createInterestReader(deps), metrics },
    alertFeed: deps.alertFeed,
    accessLog,
    refusedKeys: deps.refusedKeys,
    trustedProxies,
    limits,
    metrics,
    log,
  };

  app.get(
    socketPath,
    {
      schema: {
        summary: 'Events live, as a WebSocket',
        description: `An upgrade to the subprotocol ${subprotocol}, whose messages /asyncapi.json describes. The credential comes with it, as a header or a ticket, or in the first message. docs/guides/live.md`,
        operationId: 'openStream',
        tags: ['stream'],
        querystring: Type.Object({
          ticket: Type.Optional(Type.String({ description: 'of POST /api/audit/stream/tickets; works once' })),
        }),
        response: { 101: Type.Null({ description: 'the WebSocket is open' }), ...problems(401, 403, 404, 429) },
      },
      validatorCompiler: describedOnly.validatorCompiler,
      config: { public: true },
    },
    async () => {
      throw new Problem(
        'invalid-request',
        `${socketPath} is a WebSocket of the subprotocol ${subprotocol}: ask for an upgrade`,
      );
    },
  );
  const stopSockets = acceptSockets(app, parts);
  registerEventStream(app, parts);

  app.addHook('preClose', async () => {
    streams.stop();
    head.stop();
    stopSockets();
  });
}
