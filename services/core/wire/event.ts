import { types } from './schemas.js';
import type { ActorType, EventKind, Outcome, Scope } from './symbols.js';

/** An event's fields as the wire holds them: absent is '', 'none', [] or an empty buffer. */
export interface WireBody {
  id: Buffer;
  /** Microseconds since 1970-01-01T00:00:00Z. */
  occurred_at: number;
  scope: Scope;
  organization_id: string;
  application_id: string;
  actor_type: ActorType;
  actor_id: string;
  action: string;
  kind: EventKind;
  target_type: string;
  target_id: string;
  related: { type: string; id: string }[];
  outcome: Outcome;
  reason: string;
  auth_method: string;
  service: string;
  correlation_id: string;
  request_id: string;
  trace_id: string;
  details_schema: string;
}

export interface WireIdentity {
  actor_name: string;
  actor_email: string;
  target_name: string;
  /** 0, 4 or 16 bytes in network order. */
  ip: Buffer;
  user_agent: string;
  session_id: string;
}

export interface WireContent {
  message: string;
  path: string;
  details: string;
  before: string;
  after: string;
}

export interface WireEvent {
  body: WireBody;
  identity: WireIdentity;
  content: WireContent;
  /** Parts that were taken out by an erasure; no field of the wire. Absent where there are none. */
  erased?: readonly ('identity' | 'content')[];
}

export interface EventParts {
  body: Buffer;
  identity: Buffer;
  content: Buffer;
}

const none = Buffer.alloc(0);

const absent = (part: object): boolean => Object.values(part).every((value) => value.length === 0);

/** The event's three byte strings. A part with every field absent is zero bytes. */
export function encodeEvent({ body, identity, content }: Omit<WireEvent, 'erased'>): EventParts {
  return {
    body: types.body.toBuffer(body),
    identity: absent(identity) ? none : types.identity.toBuffer(identity),
    content: absent(content) ? none : types.content.toBuffer(content),
  };
}

/** Reads the parts of an event that was judged good; the strict reading is `scanEvent`'s. */
export function decodeEvent({ body, identity, content }: EventParts): WireEvent {
  return {
    body: types.body.fromBuffer(body) as WireBody,
    identity:
      identity.length > 0
        ? (types.identity.fromBuffer(identity) as WireIdentity)
        : { actor_name: '', actor_email: '', target_name: '', ip: none, user_agent: '', session_id: '' },
    content:
      content.length > 0
        ? (types.content.fromBuffer(content) as WireContent)
        : { message: '', path: '', details: '', before: '', after: '' },
  };
}
