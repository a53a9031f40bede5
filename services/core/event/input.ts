import { type Static, Type } from 'typebox';
import { actorTypes, eventKinds, outcomes, scopes } from '../wire/symbols.js';

const text = (maxLength: number, description: string) => Type.String({ maxLength, description });
const oneOf = <T extends readonly string[]>(symbols: T, description: string) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...symbols], description });

const Id = (what: string) =>
  text(512, `${what}; opaque, no natural name: names go beside it, where they can be erased`);

/** What a caller says of an event: the body of POST /api/audit/events and the argument of `log()`. Lengths in characters. */
export const EventInput = Type.Object(
  {
    id: Type.Optional(Type.String({ format: 'uuid', description: 'UUIDv7; made when absent' })),
    occurred_at: Type.Optional(
      Type.String({ format: 'date-time', description: 'RFC 3339, up to microseconds; now when absent' }),
    ),
    scope: Type.Optional(oneOf(scopes, 'organization when absent, application where application_id is given')),
    organization_id: Type.Optional(Id('the organization')),
    application_id: Type.Optional(Id('the application')),
    actor: Type.Optional(
      Type.Object(
        {
          type: Type.Optional(oneOf(actorTypes, 'user when absent and an id, name or email is given; none otherwise')),
          id: Type.Optional(Id('who did it')),
          name: Type.Optional(text(1024, 'erasable')),
          email: Type.Optional(text(1024, 'erasable')),
        },
        { additionalProperties: false },
      ),
    ),
    action: Type.String({
      minLength: 1,
      maxLength: 128,
      pattern: '^[a-z0-9][a-z0-9_.:-]*$',
      description: 'dotted, lower case: auth.login, member.role_changed',
    }),
    kind: Type.Optional(oneOf(eventKinds, 'stateful when before or after is given, event otherwise')),
    target: Type.Optional(
      Type.Object(
        {
          type: Type.Optional(text(256, 'what kind of thing')),
          id: Type.Optional(Id('which one')),
          name: Type.Optional(text(1024, 'erasable')),
        },
        { additionalProperties: false },
      ),
    ),
    related: Type.Optional(
      Type.Array(Type.Object({ type: text(256, ''), id: text(512, '') }, { additionalProperties: false }), {
        maxItems: 32,
      }),
    ),
    outcome: Type.Optional(oneOf(outcomes, 'success when absent')),
    reason: Type.Optional(text(256, 'a code: invalid_user, quota_exceeded')),
    auth_method: Type.Optional(text(256, 'password, publickey, totp …')),
    service: Type.Optional(text(256, 'which service says so')),
    correlation_id: Type.Optional(text(256, 'joins the events of one workflow')),
    request_id: Type.Optional(text(256, 'joins the events of one request')),
    trace_id: Type.Optional(text(256, 'W3C trace id')),
    details_schema: Type.Optional(text(256, 'names the JSON Schema of details')),
    ip: Type.Optional(text(64, 'IPv4 or IPv6, erasable')),
    user_agent: Type.Optional(text(4096, 'erasable')),
    session_id: Type.Optional(text(512, 'erasable')),
    message: Type.Optional(text(4096, 'one human sentence, erasable')),
    path: Type.Optional(text(4096, 'erasable')),
    details: Type.Optional(Type.Unknown({ description: 'any JSON value, erasable' })),
    before: Type.Optional(Type.Unknown({ description: 'any JSON value, erasable' })),
    after: Type.Optional(Type.Unknown({ description: 'any JSON value, erasable' })),
  },
  { additionalProperties: false, title: 'EventInput' },
);
export type EventInput = Static<typeof EventInput>;

/** A field of an event that cannot go on the wire. `pointer` is a JSON Pointer (RFC 6901) into the event. */
export class InvalidEvent extends Error {
  readonly pointer: string;
  readonly detail: string;
  constructor(pointer: string, detail: string) {
    super(`${pointer || '/'}: ${detail}`);
    this.name = 'InvalidEvent';
    this.pointer = pointer;
    this.detail = detail;
  }
}
