import { Type } from 'typebox';
import { channelKindNames } from '../../../alerts/notify/index.js';
import { Cursor, NextCursor, nullable, Organization, oneOf, Time } from '../schemas.js';

export const Channel = Type.Object(
  {
    id: Type.String(),
    organization_id: Organization,
    version: Type.Integer(),
    name: Type.String(),
    kind: oneOf(channelKindNames, 'what kind of receiver'),
    enabled: Type.Boolean(),
    messages_per_minute: Type.Integer(),
    group_seconds: Type.Integer({ description: 'how long an alert waits for others to share its message' }),
    group_by: Type.Array(Type.String(), { description: 'only alerts with the same of these share a message' }),
    templates: Type.Object({ title: Type.Optional(Type.String()), body: Type.Optional(Type.String()) }),
    settings: Type.Record(Type.String(), Type.Unknown(), { description: 'of the kind, without secrets' }),
    secrets: Type.Record(Type.String(), Type.String(), {
      description: 'of each that is set, what it may be recognised by',
    }),
    created_at: Time,
    changed_at: Time,
    changed_by: Type.String(),
  },
  { title: 'AlertChannelState' },
);
export const ChannelList = Type.Object({ channels: Type.Array(Channel) });
export const ChannelId = Type.Object({ id: Type.String({ maxLength: 64 }) });
export const ChannelVersion = Type.Object({
  version: Type.Optional(Type.Integer({ minimum: 0, description: 'refuses to undo another’s change' })),
});
export const TestAnswer = Type.Object(
  {
    ok: Type.Boolean(),
    status: Type.Integer({ description: 'HTTP’s or SMTP’s; 0 where there was no answer' }),
    answer: Type.String({ description: 'its beginning, or why there is none' }),
    reason: Type.Optional(Type.String({ description: 'where it failed' })),
    took_ms: Type.Integer(),
  },
  { title: 'AlertChannelTest' },
);
export const DeadLetters = Type.Object({
  dead_letters: Type.Array(
    Type.Object(
      {
        delivery_id: Type.String(),
        channel_id: Type.String(),
        channel_name: Type.String(),
        kind: Type.String(),
        reason: Type.String(),
        status: Type.Integer(),
        answer: Type.String(),
        attempts: Type.Integer(),
        alerts: Type.Integer({ description: 'how many it tells of' }),
        queued_at: Time,
        died_at: Time,
        redelivered_at: nullable(Time),
      },
      { title: 'DeadLetter' },
    ),
  ),
  next_cursor: NextCursor,
});
export const DeadLetterQuery = Type.Object({
  channel: Type.Optional(Type.String({ maxLength: 64 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
  cursor: Type.Optional(Cursor),
});
