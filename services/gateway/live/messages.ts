import { type TSchema, Type } from 'typebox';
import { alertChanges } from '../../alerts/findings/index.js';
import { levels } from '../../alerts/rules/index.js';
import { alertStatuses } from '../alerts/alerts/list-request.js';
import { Alert } from '../alerts/alerts/schemas.js';
import { Event, filterParameters } from '../query/schemas.js';
import { protocolLimits } from './protocol.js';
import { deliveries } from './subscription.js';

/** The members of every message of audit.v1, for the stream's description (asyncapi.ts). Frames are read by protocol.ts. */

const message = (type: string, members: Record<string, TSchema>, description: string, options = {}) =>
  Type.Object({ type: Type.Literal(type), ...members }, { title: type, description, ...options });
/** Members that the gateway does not know are refused. */
const fromClient = (type: string, members: Record<string, TSchema>, description: string, options = {}) =>
  message(type, members, description, { additionalProperties: false, ...options });
const oneOf = (symbols: readonly string[], description: string) =>
  Type.Unsafe<string>({ type: 'string', enum: [...symbols], description });

const Id = Type.String({
  minLength: 1,
  maxLength: protocolLimits.id,
  description: 'the subscription’s; chosen by the client, and in everything that belongs to the subscription',
});
const Cursor = (description: string) => Type.String({ minLength: 1, maxLength: protocolLimits.cursor, description });
const since = Cursor('a cursor, `now` (when absent) or `beginning`');
const delivery = oneOf(
  deliveries,
  '`all` (when absent): every event, however slowly they are taken. `latest`: who is slow is told how many were left out',
);
const fields = Type.Array(Type.String(), {
  minItems: 1,
  maxItems: protocolLimits.fields,
  description: 'only these fields of events, as in exports: `id`, `actor.id`, `details`, …',
});
const secret = { minLength: 1, maxLength: protocolLimits.secret };
const secrets = {
  key: Type.Optional(Type.String({ ...secret, description: 'an API key, or a token of the OpenID provider' })),
  ticket: Type.Optional(Type.String({ ...secret, description: 'of POST /api/audit/stream/tickets; works once' })),
};
const keyOrTicket = { oneOf: [{ required: ['key'] }, { required: ['ticket'] }] };
const windowOfLatest = {
  if: { properties: { delivery: { const: 'latest' } }, required: ['delivery'] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: { properties: { window: { minimum: protocolLimits.leastWindowOfLatest } } },
};

/** In a query string every value is text; here they may be numbers, booleans, and lists where one text is meant. */
const value = Type.Union([Type.String(), Type.Number(), Type.Boolean()]);
const filter = Type.Object(
  Object.fromEntries(
    Object.entries(filterParameters as Record<string, { description?: string }>).map(([name, { description = '' }]) => [
      name,
      Type.Optional(Type.Union([value, Type.Array(value, { minItems: 1, maxItems: 100 })], { description })),
    ]),
  ),
  {
    additionalProperties: false,
    description: 'as in the query of GET /api/audit; `scope: "system"` for the system scope',
  },
);

const listOf = (schema: TSchema, description: string) =>
  Type.Optional(Type.Union([schema, Type.Array(schema, { minItems: 1, maxItems: 100 })], { description }));
const names = (description: string) => listOf(Type.String({ minLength: 1 }), description);
const alertFilter = Type.Object(
  {
    change: names(`any of ${alertChanges.join(', ')}`),
    state: names(`which the alert then is in: any of ${alertStatuses.join(', ')}`),
    rule: names('ids of rules'),
    level: names(`any of ${levels.join(', ')}`),
    fingerprint: Type.Optional(Type.String({ minLength: 1 })),
    group: names('a field of the group and its value: ip:198.51.100.7'),
    organization_id: names('any of these organizations'),
  },
  { additionalProperties: false, description: 'as in the query of GET /api/alerts, and `change`' },
);

const subscribeToEvents = fromClient(
  'subscribe',
  {
    id: Id,
    kind: Type.Optional(Type.Literal('events')),
    q: Type.Optional(Type.String({ description: 'fielded search and free text; the same as `filter.q`' })),
    filter: Type.Optional(filter),
    fields: Type.Optional(fields),
    since: Type.Optional(since),
    delivery: Type.Optional(delivery),
    window: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: protocolLimits.window,
        description: `how many events may be out without being acknowledged; with \`latest\` at least ${protocolLimits.leastWindowOfLatest}`,
      }),
    ),
  },
  'begin a subscription of events',
  windowOfLatest,
);
const subscribeToAlerts = fromClient(
  'subscribe',
  { id: Id, kind: Type.Literal('alerts'), filter: Type.Optional(alertFilter) },
  'begin a subscription of changes of alerts, from now on',
);

/** What a client sends. */
export const clientMessages: Readonly<Record<string, TSchema>> = {
  auth: fromClient('auth', secrets, 'who is there, where the upgrade did not tell; within 5 s', keyOrTicket),
  refresh: fromClient(
    'refresh',
    secrets,
    'a newer credential of the same rights, before the first expires',
    keyOrTicket,
  ),
  subscribe: Type.Union([subscribeToEvents, subscribeToAlerts], {
    title: 'subscribe',
    description: 'begin a subscription',
  }),
  unsubscribe: fromClient('unsubscribe', { id: Id }, 'end a subscription'),
  pause: fromClient('pause', { id: Id }, 'send nothing more until resume'),
  resume: fromClient('resume', { id: Id }, 'go on'),
  ack: fromClient(
    'ack',
    { id: Id, to: Cursor('of an events message: it and all before it are done with') },
    'with a window: makes room in it',
  ),
  ping: fromClient('ping', {}, 'answered by pong'),
};

const Problem = Type.Object(
  {
    type: Type.String({ description: 'urn:sealstream:problem:… and the kind; stays' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'for people' }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          parameter: Type.Optional(Type.String()),
          pointer: Type.Optional(Type.String()),
          position: Type.Optional(Type.Object({ start: Type.Integer(), end: Type.Integer() })),
          detail: Type.String(),
        }),
      ),
    ),
  },
  { title: 'Problem', description: 'RFC 9457', additionalProperties: true },
);

/** Of events whose fields were chosen, any may be absent. */
const withoutRequired = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(withoutRequired);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).filter(([name, part]) => !(name === 'required' && Array.isArray(part)));
  return Object.fromEntries(entries.map(([name, part]) => [name, withoutRequired(part)]));
};
const SomeFields = { ...(withoutRequired(Event) as TSchema), description: 'an event, or the fields that were chosen' };

const name = Type.String({ description: 'of the key, session or token' });
const expires_at = Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
  description: 'when the stream ends unless it is refreshed; null where the credential does not expire',
});
const place = (what: string) => ({ cursor: Cursor(what) });
/** Subscriptions of alerts have none. */
const maybePlace = (what: string) => ({ cursor: Type.Optional(Cursor(`${what}; not of alerts`)) });
const eventsMembers = {
  from: Cursor('the `to` or cursor that was said before'),
  events: Type.Array(SomeFields, { description: 'empty now and then, so that `to` does not grow old' }),
  to: Cursor('where to resume behind these events: keep it'),
};
const droppedMembers = {
  count: Type.Integer({ minimum: 1, description: 'how many events, or changes, were left out, exactly' }),
  from: Cursor('they lie behind this'),
  to: Cursor('and before this: a subscription of `all` from `from` would bring them'),
};
const { count, from, to } = droppedMembers;
const AlertChanged = Type.Object({
  change: oneOf(alertChanges, 'what became of it'),
  at: Type.String({ format: 'date-time' }),
  alert: Alert,
});
const caughtUp = 'history is over, what follows is live; again after every falling back';

/** What the gateway sends. Members may be added: pass over those that you do not know. */
export const serverMessages: Readonly<Record<string, TSchema>> = {
  authenticated: message('authenticated', { name, expires_at }, 'the credential was accepted'),
  refreshed: message('refreshed', { name, expires_at }, 'the newer credential counts from now on'),
  subscribed: message('subscribed', { id: Id, ...maybePlace('where it begins') }, 'the subscription is open'),
  events: message('events', { id: Id, ...eventsMembers }, 'events, in order within each producer’s lane'),
  caught_up: message('caught_up', { id: Id, ...place('where it stands') }, caughtUp),
  alerts: message(
    'alerts',
    { id: Id, changes: Type.Array(AlertChanged) },
    'what became of alerts, in order for each alert',
  ),
  dropped: message(
    'dropped',
    { id: Id, count, from: Type.Optional(from), to: Type.Optional(to) },
    'with `latest`, or of alerts: the client was too slow or paused; of alerts without cursors',
  ),
  paused: message('paused', { id: Id, ...maybePlace('where it stands') }, 'nothing more comes until resume'),
  resumed: message('resumed', { id: Id, ...maybePlace('where it goes on') }, 'it goes on'),
  unsubscribed: message('unsubscribed', { id: Id, ...maybePlace('where to resume') }, 'the subscription has ended'),
  pong: message('pong', {}, 'to a ping'),
  problem: message(
    'problem',
    {
      id: Type.Optional(Id),
      problem: Problem,
      cursor: Type.Optional(Cursor('where to resume: the subscription ended')),
    },
    'something was refused, or ended: the subscription with the id, or the connection',
  ),
};

/** The data of server-sent events, by their name. */
export const eventStreamData: Readonly<Record<string, TSchema>> = {
  subscribed: Type.Object(place('where it begins')),
  events: Type.Object(eventsMembers),
  caught_up: Type.Object(place('where it stands'), { description: caughtUp }),
  dropped: Type.Object(droppedMembers),
  problem: Type.Object({ problem: Problem, cursor: Type.Optional(Cursor('where to resume')) }),
};

const optional = (schema: TSchema): TSchema => Type.Optional(schema);

export const EventStreamQuery = Type.Object({
  ...filterParameters,
  // Longer ones find no room in the request line; Last-Event-ID has the same.
  since: optional(Type.String({ ...since, maxLength: 8_192 })),
  fields: optional(fields),
  delivery: optional(delivery),
});

export const EventStreamAnswer = {
  description: 'events without end; the last, `problem`, says why it ended',
  content: {
    'text/event-stream': {
      schema: Type.Object(
        { id: Type.Optional(Type.String()), event: Type.String(), data: Type.String({ description: 'JSON' }) },
        { description: 'of each event; /asyncapi.json says what data holds' },
      ),
    },
  },
};
