import { type Static, type TObject, Type } from 'typebox';
import { channelKindNames } from '../channels/kind.js';
import { channelKinds } from '../channels/kinds.js';
import { oneOf } from '../channels/settings.js';
import { mostTemplateLength } from '../text/template.js';

export const defaultMessagesPerMinute = 20;
const mostGroupSeconds = 3_600;

const members = {
  name: Type.String({
    minLength: 1,
    maxLength: 128,
    // Control characters, said so that every dialect of JSON Schema reads it.
    pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]+$',
    description: 'unique in the organization',
  }),
  enabled: Type.Optional(Type.Boolean({ description: 'true when absent' })),
  messages_per_minute: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 600,
      description: `beyond it alerts share messages; ${defaultMessagesPerMinute} when absent`,
    }),
  ),
  group_seconds: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: mostGroupSeconds,
      description: 'an alert waits so long for others that then share its message; 0, at once, when absent',
    }),
  ),
  group_by: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 128 }), {
      maxItems: 4,
      description: 'only those share a message that have the same: rule.id, rule.level, organization, group.NAME',
    }),
  ),
  templates: Type.Optional(
    Type.Object(
      {
        title: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
        body: Type.Optional(Type.String({ minLength: 1, maxLength: mostTemplateLength })),
      },
      { additionalProperties: false },
    ),
  ),
};

/** What is said of a channel of any kind. The settings are the kind's. */
export const ChannelEnvelope = Type.Object(
  {
    ...members,
    kind: oneOf(channelKindNames, 'stays as it is'),
    settings: Type.Object({}, { description: 'of the kind; a change may leave out secrets, which then stay' }),
  },
  { additionalProperties: false, title: 'AlertChannel' },
);
export type ChannelEnvelope = Static<typeof ChannelEnvelope> & { settings: Record<string, unknown> };

/** The same with each kind's settings, for the description of the API. */
export const ChannelInput = Type.Union(
  channelKindNames.map((kind): TObject => {
    const { schema } = channelKinds[kind];
    return Type.Object(
      { ...members, kind: Type.Literal(kind), settings: schema },
      { additionalProperties: false, title: `AlertChannel_${kind}` },
    );
  }),
);
