import { Problem, problemKinds, problemType } from '../errors.js';
import type { EventAnswer } from '../query/answer.js';
import type { Secret } from './credential.js';
import { type Delivery, deliveries } from './subscription.js';

/** The WebSocket subprotocol. Frames are JSON objects with a `type`. docs/guides/live.md describes it for users, messages.ts its members. */
export const subprotocol = 'audit.v1';

/** What a subscription is of. */
export const subscriptionKinds = ['events', 'alerts'] as const;

export interface SubscribeMessage {
  type: 'subscribe';
  kind: 'events';
  id: string;
  filter: Readonly<Record<string, unknown>>;
  fields?: readonly string[] | undefined;
  since: string;
  delivery?: Delivery | undefined;
  window?: number | undefined;
}

/** Of changes of alerts, from now on. */
export interface SubscribeAlertsMessage {
  type: 'subscribe';
  kind: 'alerts';
  id: string;
  filter: Readonly<Record<string, unknown>>;
}

export type ClientMessage =
  | { type: 'auth'; secret: Secret }
  | { type: 'refresh'; secret: Secret }
  | SubscribeMessage
  | SubscribeAlertsMessage
  | { type: 'unsubscribe' | 'pause' | 'resume'; id: string }
  | { type: 'ack'; id: string; to: string }
  | { type: 'ping' };

/** Beside these, `events` and `alerts` messages are written by frames.ts. Subscriptions of alerts have no cursors. */
export type ServerMessage =
  | { type: 'authenticated' | 'refreshed'; name: string; expires_at: string | null }
  | { type: 'subscribed' | 'caught_up' | 'paused' | 'resumed' | 'unsubscribed'; id: string; cursor?: string }
  | { type: 'events'; id: string; from: string; events: Partial<EventAnswer>[]; to: string }
  | { type: 'dropped'; id: string; count: number; from?: string; to?: string }
  | { type: 'pong' }
  | { type: 'problem'; id?: string; problem: ProblemAnswer; cursor?: string };

/** RFC 9457's members, without what only HTTP has. */
export interface ProblemAnswer {
  type: string;
  title: string;
  status: number;
  detail: string;
  [extension: string]: unknown;
}

export const problemAnswer = (problem: Problem): ProblemAnswer => ({
  ...problem.extensions,
  type: problemType(problem.kind),
  ...problemKinds[problem.kind],
  detail: problem.message,
  ...(problem.errors.length > 0 ? { errors: problem.errors } : {}),
});

export const protocolLimits = {
  /** Characters. */
  id: 64,
  /** A key, a token or a ticket. */
  secret: 16_384,
  cursor: 16_384,
  fields: 64,
  /** Events out without being acknowledged. */
  window: 100_000,
  /** A smaller window could not hold a message, of which `latest` takes all or nothing. */
  leastWindowOfLatest: 500,
};

const invalid = (detail: string): Problem => new Problem('invalid-request', detail);

type Fields = Readonly<Record<string, unknown>>;

/** How each message is read, and which members it knows beside `type`. */
const readers: {
  [T in ClientMessage['type']]: { members: readonly string[]; read: (fields: Fields) => ClientMessage };
} = {
  auth: { members: ['key', 'ticket'], read: (fields) => ({ type: 'auth', secret: secretOf('auth', fields) }) },
  refresh: {
    members: ['key', 'ticket'],
    read: (fields) => ({ type: 'refresh', secret: secretOf('refresh', fields) }),
  },
  subscribe: { members: ['id', 'kind', 'q', 'filter', 'fields', 'since', 'delivery', 'window'], read: readSubscribe },
  unsubscribe: { members: ['id'], read: ({ id }) => ({ type: 'unsubscribe', id: idOf(id) }) },
  pause: { members: ['id'], read: ({ id }) => ({ type: 'pause', id: idOf(id) }) },
  resume: { members: ['id'], read: ({ id }) => ({ type: 'resume', id: idOf(id) }) },
  ack: { members: ['id', 'to'], read: ({ id, to }) => ({ type: 'ack', id: idOf(id), to: cursorOf('to', to) }) },
  ping: { members: [], read: () => ({ type: 'ping' }) },
};

/** Throws a Problem for a frame that is no message of this protocol. */
export function readMessage(frame: string): ClientMessage {
  let message: unknown;
  try {
    message = JSON.parse(frame);
  } catch {
    throw new Problem('malformed-json', 'the frame is not JSON');
  }
  if (!isObject(message)) throw invalid('the frame is no JSON object');
  const { type, ...fields } = message;
  if (typeof type !== 'string' || !Object.hasOwn(readers, type)) {
    throw invalid(`type is none of ${Object.keys(readers).join(', ')}`);
  }
  const { members, read } = readers[type as ClientMessage['type']];
  const unknown = Object.keys(fields).find((name) => !members.includes(name));
  if (unknown !== undefined) {
    const known = members.length > 0 ? members.join(', ') : 'nothing beside type';
    throw invalid(`${type} knows no ${JSON.stringify(unknown.slice(0, 64))}: ${known}`);
  }
  return read(fields);
}

/** The id of whatever the frame was meant to be about, to say in a problem. */
export function idIn(frame: string): string | undefined {
  try {
    const { id } = JSON.parse(frame) as { id?: unknown };
    return typeof id === 'string' && id.length <= protocolLimits.id ? id : undefined;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function secretOf(type: string, { key, ticket }: Fields): Secret {
  if ((key === undefined) === (ticket === undefined)) throw invalid(`${type} needs key or ticket, one of them`);
  const [name, text] = key === undefined ? (['ticket', ticket] as const) : (['key', key] as const);
  if (typeof text !== 'string' || text === '' || text.length > protocolLimits.secret) {
    throw invalid(`${name} is no text of 1 to ${protocolLimits.secret} characters`);
  }
  return name === 'ticket' ? { ticket: text } : { key: text };
}

function readSubscribe({ kind = 'events', ...rest }: Fields): SubscribeMessage | SubscribeAlertsMessage {
  if (kind === 'events') return readSubscribeEvents(rest);
  if (kind !== 'alerts') throw invalid(`kind is none of ${subscriptionKinds.join(', ')}`);
  const { id, filter = {}, ...others } = rest;
  if (!isObject(filter)) throw invalid('filter is no JSON object of filter names and values');
  const [other] = Object.keys(others);
  if (other !== undefined) throw invalid(`a subscription of alerts knows no ${other}: id, filter`);
  return { type: 'subscribe', kind, id: idOf(id), filter };
}

function readSubscribeEvents({
  id,
  q,
  filter = {},
  fields,
  since = 'now',
  delivery,
  window,
}: Fields): SubscribeMessage {
  if (!isObject(filter)) throw invalid('filter is no JSON object of filter names and values');
  if (q !== undefined && typeof q !== 'string') throw invalid('q is no text');
  if (q !== undefined && Object.hasOwn(filter, 'q'))
    throw invalid('q stands beside filter and in it; give one of them');
  return {
    type: 'subscribe',
    kind: 'events',
    id: idOf(id),
    filter: q === undefined ? filter : { ...filter, q },
    fields: fieldsOf(fields),
    since: cursorOf('since', since),
    ...deliveryOf(delivery, window),
  };
}

/** Throws a Problem for what no subscription can be delivered by. */
export function deliveryOf(delivery: unknown, window: unknown): Pick<SubscribeMessage, 'delivery' | 'window'> {
  if (delivery !== undefined && !deliveries.includes(delivery as Delivery)) {
    throw invalid(`delivery is none of ${deliveries.join(', ')}`);
  }
  const least = delivery === 'latest' ? protocolLimits.leastWindowOfLatest : 1;
  const isWhole = typeof window === 'number' && Number.isInteger(window);
  if (window !== undefined && !(isWhole && window >= least && window <= protocolLimits.window)) {
    const where = delivery === 'latest' ? ' with delivery latest' : '';
    throw invalid(`window is no whole number from ${least} to ${protocolLimits.window}${where}`);
  }
  return { delivery: delivery as Delivery | undefined, window: window as number | undefined };
}

function fieldsOf(fields: unknown): readonly string[] | undefined {
  if (fields === undefined) return undefined;
  const isList = Array.isArray(fields) && fields.length >= 1 && fields.length <= protocolLimits.fields;
  if (isList && fields.every((name) => typeof name === 'string')) return fields;
  throw invalid(`fields is no list of 1 to ${protocolLimits.fields} names of fields`);
}

function idOf(id: unknown): string {
  if (typeof id === 'string' && id.length >= 1 && id.length <= protocolLimits.id) return id;
  throw invalid(`id is no text of 1 to ${protocolLimits.id} characters`);
}

function cursorOf(name: string, cursor: unknown): string {
  if (typeof cursor === 'string' && cursor.length >= 1 && cursor.length <= protocolLimits.cursor) return cursor;
  throw invalid(`${name} is no text: a cursor${name === 'since' ? ', "now" or "beginning"' : ''}`);
}
