import { type Static, Type } from 'typebox';
import { viewColumns, viewFields, viewOrders, viewSpans, viewTabs } from '../../core/views/vocabulary.js';
import { Label, OrganizationId } from '../http/schemas.js';

const oneOf = <T extends string>(names: readonly T[], description: string) =>
  Type.Unsafe<T>({ type: 'string', enum: [...names], description });
const Time = Type.String({ format: 'date-time' });

const Filter = Type.Object(
  {
    field: Type.String({
      minLength: 1,
      maxLength: 256,
      description: `${viewFields.join(', ')}, or a member of a document, as details.region`,
    }),
    value: Type.String({ minLength: 1, maxLength: 1_024 }),
    out: Type.Optional(Type.Boolean({ description: 'events with the value are left out; false when absent' })),
  },
  { additionalProperties: false },
);

export const StateBody = Type.Object(
  {
    tab: Type.Optional(oneOf(viewTabs, 'events when absent')),
    q: Type.Optional(Type.String({ maxLength: 4_096, description: 'the query language, as it was typed' })),
    filters: Type.Optional(Type.Array(Filter, { maxItems: 64 })),
    order: Type.Optional(oneOf(viewOrders, 'newest first when absent')),
    columns: Type.Optional(
      Type.Array(oneOf(viewColumns, 'a column'), {
        minItems: 1,
        maxItems: viewColumns.length,
        uniqueItems: true,
        description: 'the usual ones when absent',
      }),
    ),
    time: Type.Optional(
      Type.Object(
        {
          last: Type.Optional(oneOf(viewSpans, 'back from whenever it is opened; 24h when nothing is given')),
          from: Type.Optional(Type.String({ maxLength: 64, description: 'RFC 3339, in place of last' })),
          to: Type.Optional(Type.String({ maxLength: 64, description: 'RFC 3339; until now when absent' })),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false, title: 'ViewStateBody' },
);
export type GivenState = Static<typeof StateBody>;

const ViewName = Type.String({ ...Label, maxLength: 100, description: 'no two of one person have the same' });

export const ViewBody = Type.Object(
  {
    name: ViewName,
    state: StateBody,
    organization_id: Type.Optional(
      Type.Union([OrganizationId, Type.Null()], { description: 'with whom it is shared; nobody when absent' }),
    ),
    version: Type.Optional(Type.Integer({ minimum: 0, description: 'refuses to undo another’s change' })),
  },
  { additionalProperties: false },
);
export type GivenView = Static<typeof ViewBody>;

export const ViewId = Type.Object({ id: Type.String({ maxLength: 64 }) });

export const View = Type.Object(
  {
    id: Type.String(),
    version: Type.Integer(),
    name: Type.String(),
    organization_id: Type.Union([Type.String(), Type.Null()], { description: 'with whom it is shared' }),
    owner: Type.Object({ id: Type.String(), name: Type.String() }),
    mine: Type.Boolean({ description: 'whether the one who asks saved it' }),
    may_change: Type.Boolean({ description: 'whether the one who asks may change and delete it' }),
    state: Type.Object(
      {
        tab: oneOf(viewTabs, 'which events'),
        q: Type.String(),
        filters: Type.Array(Type.Object({ field: Type.String(), value: Type.String(), out: Type.Boolean() })),
        order: oneOf(viewOrders, 'of the list'),
        columns: Type.Optional(Type.Array(Type.String())),
        time: Type.Object({
          last: Type.Optional(oneOf(viewSpans, 'back from now')),
          from: Type.Optional(Type.String()),
          to: Type.Optional(Type.String()),
        }),
      },
      { title: 'ViewState' },
    ),
    created_at: Time,
    changed_at: Time,
    changed_by: Type.String(),
  },
  { title: 'SavedView' },
);
