import type { TSchema } from 'typebox';
import { eventStreamPath } from './event-stream-route.js';
import { clientMessages, eventStreamData, serverMessages } from './messages.js';
import { subprotocol } from './protocol.js';
import { socketPath } from './upgrade.js';

/** The streams as an AsyncAPI 3.0 document, made of the same members that messages.ts gives each message. */
export function asyncApi(version: string): object {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Sealstream: live events',
      version,
      description:
        'Every accepted event of the caller’s organizations, from a cursor on: none left out, none twice, in order within each ' +
        'producer’s lane. Changes of alerts, from now on. Both are at /openapi.json for questions.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      socket: server('ws', 'wss where TLS ends before the gateway'),
      http: server('http', 'https where TLS ends before the gateway'),
    },
    channels: {
      socket: {
        address: socketPath,
        title: `WebSocket of the subprotocol ${subprotocol}`,
        description: 'Text frames, each a JSON object with a `type`. Several subscriptions share a connection.',
        servers: [ref('servers', 'socket')],
        messages: refs([...Object.keys(clientMessages), ...Object.keys(serverMessages)]),
        bindings: {
          ws: {
            method: 'GET',
            headers: object({
              'Sec-WebSocket-Protocol': { type: 'string', const: subprotocol },
              'X-Organization-Id': { type: 'string', description: 'one of the caller’s organizations' },
            }),
            query: object({ ticket: { type: 'string', description: 'of POST /api/audit/stream/tickets; works once' } }),
            bindingVersion: '0.1.0',
          },
        },
      },
      eventStream: {
        address: eventStreamPath,
        title: 'Server-sent events',
        description:
          'One subscription: the name of each event is its type, its data a JSON object, its id a cursor. The query takes the filters of ' +
          'GET /api/audit, `since`, `fields` and `delivery`; Last-Event-ID counts more than `since`.',
        servers: [ref('servers', 'http')],
        messages: refs(Object.keys(eventStreamData).map(sentName)),
      },
    },
    operations: {
      takeMessage: operation('receive', 'socket', Object.keys(clientMessages), 'What a client sends'),
      sendMessage: operation('send', 'socket', Object.keys(serverMessages), 'What the gateway sends'),
      sendEvent: operation('send', 'eventStream', Object.keys(eventStreamData).map(sentName), 'What the gateway sends'),
    },
    components: {
      messages: {
        ...messagesOf(clientMessages),
        ...messagesOf(serverMessages),
        ...messagesOf(eventStreamData, sentName),
      },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'an API key, or a token of the OpenID provider' },
        apiKey: { type: 'httpApiKey', in: 'header', name: 'X-API-Key' },
        ticket: { type: 'httpApiKey', in: 'query', name: 'ticket', description: 'for WebSockets' },
      },
    },
  };
}

const sentName = (event: string): string => `sse.${event}`;
const ref = (...path: string[]): { $ref: string } => ({ $ref: `#/${path.join('/')}` });
const refs = (names: readonly string[]): Record<string, { $ref: string }> =>
  Object.fromEntries(names.map((name) => [name, ref('components', 'messages', name)]));
const object = (properties: Record<string, object>): object => ({ type: 'object', properties });

const server = (protocol: string, description: string): object => ({
  host: '{host}',
  protocol,
  description,
  variables: { host: { default: '127.0.0.1:8080', description: 'of this document’s address' } },
  security: ['bearer', 'apiKey', ...(protocol === 'ws' ? ['ticket'] : [])].map((scheme) =>
    ref('components', 'securitySchemes', scheme),
  ),
});

const operation = (action: 'send' | 'receive', channel: string, names: readonly string[], summary: string): object => ({
  action,
  channel: ref('channels', channel),
  summary,
  messages: names.map((name) => ref('channels', channel, 'messages', name)),
});

const messagesOf = (
  schemas: Readonly<Record<string, TSchema>>,
  nameOf: (name: string) => string = (name) => name,
): object =>
  Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => {
      const { description } = schema as { description?: string };
      return [nameOf(name), { name, title: name, ...(description ? { summary: description } : {}), payload: schema }];
    }),
  );
