import { Type } from 'typebox';
import { Event, filterParameters } from '../schemas.js';

/** What the insight routes answer and take, for the API's description. */

const text = (description: string) => Type.Optional(Type.String({ description }));
const count = Type.Integer({ minimum: 0 });
const time = Type.String({ format: 'date-time' });
const persistentLogging = Type.Boolean();

export const FacetsQuery = Type.Object({
  ...filterParameters,
  fields: text('which fields, at most 12'),
  top: text('values per field, 1–200; 10 when absent'),
  labels: text('true: names beside the ids of actors and targets'),
  exclude_own: text('true: each field is counted without the filter on itself'),
});
export const TimeseriesQuery = Type.Object({
  ...filterParameters,
  interval: text('auto, or a number with s, m, h, d or w: 15m'),
  by: text('a field whose most frequent values are told apart'),
  top: text('how many of them, 1–20; 8 when absent'),
});
export const ValuesQuery = Type.Object({
  ...filterParameters,
  prefix: text('what the values begin with, in any case'),
  limit: text('1–100; 20 when absent'),
});
const paging = { limit: text('1–1,000; 100 when absent'), cursor: text('next_cursor of the page before') };
export const EntityQuery = Type.Object({
  ...filterParameters,
  ...paging,
  at: text('the state at this time; `now` is one'),
});
export const CorrelationQuery = Type.Object({ ...filterParameters, ...paging });
export const ActorQuery = Type.Object({
  ...filterParameters,
  timezone: text('IANA time zone of the hours; UTC when absent'),
});

export const FieldPath = Type.Object({ field: Type.String() });
export const EntityPath = Type.Object({ type: Type.String(), entity: Type.String() });
export const CorrelationPath = Type.Object({ correlation: Type.String() });
export const ActorPath = Type.Object({ actor: Type.String({ description: 'id or email' }) });

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
const sightings = <T extends Record<string, ReturnType<typeof Type.String>>>(fields: T) =>
  Type.Object({ values: Type.Array(Type.Object({ ...fields, ...seen })), distinct: count });
const name = Type.String();

export const Actor = Type.Object({
  actor: name,
  ...seen,
  identities: sightings({ type: name, id: name, email: name, name }),
  addresses: sightings({ ip: name }),
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
