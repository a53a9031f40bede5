import { type TProperties, Type } from 'typebox';
import {
  Cursor,
  Event,
  enumOf,
  filterParameters,
  filtersWithout,
  optional,
  time as timeParameter,
  wholeNumber,
} from '../schemas.js';
import { fieldNames } from './fields.js';
import { limits } from './requests.js';

/** What the insight routes answer and take, for the API's description. */

const text = (description: string) => Type.Optional(Type.String({ description }));
const count = Type.Integer({ minimum: 0 });
const time = Type.String({ format: 'date-time' });
const persistentLogging = Type.Boolean();

const flag = (description: string) => enumOf(['true', 'false'], description);

export const FacetsQuery = Type.Object({
  ...filterParameters,
  ...optional({
    fields: Type.Array(enumOf(fieldNames), {
      minItems: 1,
      maxItems: limits.fields,
      description: 'which fields; six when absent. Repeated or with commas',
    }),
    top: wholeNumber(1, limits.top, 'values per field; 10 when absent'),
    labels: flag('true: names beside the ids of actors and targets'),
    exclude_own: flag('true: each field is counted without the filter on itself'),
  }),
});
export const TimeseriesQuery = Type.Object({
  ...filterParameters,
  ...optional({
    interval: Type.String({ pattern: '^(auto|[1-9][0-9]{0,2}[smhdw])$', description: 'auto, or as 15m or 1d' }),
    by: enumOf(fieldNames, 'a field whose most frequent values are told apart'),
    top: wholeNumber(1, limits.seriesTop, 'how many of them; 8 when absent'),
  }),
});
export const ValuesQuery = Type.Object({
  ...filterParameters,
  ...optional({
    prefix: Type.String({ maxLength: limits.prefix, description: 'what the values begin with, in any case' }),
    limit: wholeNumber(1, limits.values, '20 when absent'),
  }),
});
const paging = optional({ limit: wholeNumber(1, limits.page, '100 when absent'), cursor: Cursor });
const at = timeParameter('the state then');
export const EntityQuery = Type.Object({
  ...filterParameters,
  ...paging,
  ...optional({ at: Type.Union([Type.Literal('now'), at]) }),
});
export const CorrelationQuery = Type.Object({ ...filtersWithout('correlation_id'), ...paging });
export const ActorQuery = Type.Object({
  ...filtersWithout('actor'),
  ...optional({
    timezone: Type.String({
      pattern: '^[A-Za-z]',
      maxLength: 64,
      description: 'IANA time zone of the hours; UTC when absent',
      examples: ['Europe/Berlin'],
    }),
  }),
});

const value = { minLength: 1, maxLength: 512 };
export const FieldPath = Type.Object({ field: enumOf(fieldNames) });
export const EntityPath = Type.Object({ type: Type.String(value), entity: Type.String(value) });
export const CorrelationPath = Type.Object({ correlation: Type.String(value) });
export const ActorPath = Type.Object({ actor: Type.String({ ...value, description: 'id or email' }) });

const Facet = Type.Object(
  {
    total: count,
    values: Type.Array(Type.Object({ value: Type.String(), count, label: text('a name lately seen with the id') })),
    other: Type.Integer({ description: 'events with values beyond those shown' }),
    none: Type.Integer({ description: 'events without a value' }),
    distinct: Type.Integer({ description: 'how many values there are' }),
  },
  { description: 'exact: total = the values shown + other + none' },
);

export const Facets = Type.Object({ facets: Type.Record(Type.String(), Facet), persistentLogging });

const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);

export const Timeseries = Type.Object({
  interval: Type.String(),
  interval_seconds: count,
  from: orNull(time),
  to: orNull(time),
  total: count,
  buckets: Type.Array(Type.Object({ start: time, count }), { description: 'without a gap, at most 2,000' }),
  series: Type.Optional(
    Type.Array(Type.Object({ value: Type.String(), total: count, counts: Type.Array(count) }), {
      description: 'counts go with buckets',
    }),
  ),
  other: Type.Optional(Type.Array(count)),
  persistentLogging,
});

export const FieldValues = Type.Object({
  field: Type.String(),
  values: Type.Array(Type.Object({ value: Type.String(), events: count, last_at: time })),
  complete: Type.Boolean({ description: 'whether there are no others' }),
  persistentLogging,
});

const State = Type.Object({
  at: time,
  status: Type.Union(['exact', 'approximate', 'unavailable'].map((status) => Type.Literal(status))),
  value: Type.Optional(Type.Unknown({ description: 'null of what was deleted; absent where unavailable' })),
  reason: Type.String(),
  basis: Type.Array(
    Type.Object({
      id: Type.String(),
      action: Type.String(),
      occurred_at: time,
      used: Type.Union([Type.Literal('before'), Type.Literal('after')]),
    }),
  ),
});

export const EntityHistory = Type.Object({
  entity: Type.Object({ type: Type.String(), id: Type.String() }),
  state: Type.Optional(State),
  events: Type.Array(Event),
  next_cursor: orNull(Type.String()),
  persistentLogging,
});

const span = { started_at: time, ended_at: time, duration_ms: Type.Number() };

export const Correlation = Type.Object({
  correlation_id: Type.String(),
  total: count,
  ...span,
  outcome: Type.Union(['success', 'failure', 'mixed'].map((outcome) => Type.Literal(outcome))),
  outcomes: Type.Record(Type.String(), count),
  services: Type.Array(Type.Object({ service: Type.String(), events: count, failures: count, ...span })),
  timeline: Type.Array(
    Type.Object({
      offset_ms: Type.Number({ description: 'since the first event of the workflow' }),
      gap_ms: orNull(Type.Number({ description: 'since the event before' })),
      event: Event,
    }),
  ),
  next_cursor: orNull(Type.String()),
  persistentLogging,
});

const seen = { events: count, failures: count, first_at: time, last_at: time };
const sightings = <T extends TProperties>(fields: T) =>
  Type.Object({ values: Type.Array(Type.Object({ ...fields, ...seen })), distinct: count });
const name = Type.String();

export const Actor = Type.Object({
  actor: name,
  ...seen,
  identities: sightings({ type: name, id: name, email: name, name }),
  addresses: sightings({
    ip: name,
    country: Type.Optional(Type.String({ description: 'ISO 3166, where the files at hand know the address' })),
  }),
  user_agents: sightings({ user_agent: name }),
  hours: Type.Object({
    timezone: name,
    counts: Type.Array(Type.Array(count), { description: '7 days, Monday first, of 24 hours' }),
  }),
  actions: Facet,
  outcomes: Type.Record(Type.String(), count),
  recent_failures: Type.Array(Event),
  persistentLogging,
});
