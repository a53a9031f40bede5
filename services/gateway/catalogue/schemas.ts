import { Type } from 'typebox';
import { actionNamePattern, maxActionNameLength, visibilities } from '../../core/catalogue/index.js';
import { eventKinds } from '../../core/wire/symbols.js';
import { enumOf, time } from '../query/schemas.js';

const DetailsSchema = Type.Unsafe<unknown>({
  type: ['object', 'boolean'],
  description: 'JSON Schema, draft 2020-12, of the details; details that do not fit are flagged, never refused',
});
const VisibleTo = Type.Union([Type.Literal('all'), Type.Literal('owners')], {
  description: 'whoever may see the organization’s events, or its owners only: `admin` or `view:owner_events`',
});
const Kind = Type.Union([Type.Literal('event'), Type.Literal('stateful')]);

const Seen = Type.Object(
  { events: Type.Integer(), first_at: Type.String(), last_at: Type.String() },
  { description: 'in the tenant’s events of the time that was asked for, under all names of the action' },
);

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);

export const Action = Type.Object(
  {
    name: Type.String(),
    category: Type.String({ description: 'the first word of the name' }),
    kind: nullable(Kind),
    description: nullable(Type.String()),
    schema: nullable(DetailsSchema),
    visible_to: VisibleTo,
    aliases: Type.Array(Type.String(), {
      description: 'other names it goes by; one that several actions list stands for all of them',
    }),
    known: Type.Boolean({ description: 'false of an action that was only seen' }),
    source: Type.Union([Type.Literal('catalogue'), Type.Literal('organization'), Type.Literal('events')]),
    organization_id: Type.Optional(Type.String({ description: 'whose definition it is' })),
    seen: nullable(Seen),
  },
  { title: 'Action' },
);

export const ActionList = Type.Object({
  actions: Type.Array(Action),
  total: Type.Integer({ description: 'how many fit; those beyond the first 2,000 are left out' }),
});

const text = { minLength: 1, maxLength: 1_024 };
const listOf = (words: readonly string[]): string => `^(${words.join('|')})(,(${words.join('|')}))*$`;

export const ActionQuery = Type.Object({
  q: Type.Optional(Type.String({ ...text, description: 'words, each in the name, the description or an alias' })),
  category: Type.Optional(Type.String({ ...text, description: 'one or several, with commas' })),
  kind: Type.Optional(Type.String({ pattern: listOf(eventKinds), description: 'event, stateful' })),
  visible_to: Type.Optional(Type.String({ pattern: listOf(visibilities), description: 'all, owners' })),
  known: Type.Optional(Type.Boolean()),
  seen: Type.Optional(Type.Boolean({ description: 'false: the events are not looked through; true when absent' })),
  from: Type.Optional(time('events since; 90 days back when no time is given')),
  to: Type.Optional(time('events before')),
  preset: Type.Optional(enumOf(['24h', '7d', '30d'], 'instead of from and to')),
  organization_id: Type.Optional(Type.String(text)),
});

export const OneActionQuery = Type.Pick(ActionQuery, ['organization_id']);

export const ActionName = Type.Object({
  name: Type.String({ pattern: actionNamePattern, maxLength: maxActionNameLength }),
});

export const NewDefinition = Type.Object(
  {
    description: Type.String({ minLength: 1, maxLength: 500, description: 'one sentence' }),
    kind: Type.Optional(Kind),
    schema: Type.Optional(DetailsSchema),
    visible_to: Type.Optional(VisibleTo),
  },
  { additionalProperties: false, title: 'ActionDefinition' },
);
