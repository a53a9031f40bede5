import { type TSchema, Type } from 'typebox';
import { bundleFormat } from '../../core/verify/bundle.js';
import { actorTypes, eventKinds, outcomes, scopes } from '../../core/wire/symbols.js';
import { filterFields } from './filter-fields.js';

/** What the query routes take and answer, for the API's description. Values are read by values.ts, which says what is wrong with them. */

/** No value holds a null character. */
const text = { minLength: 1, maxLength: 1_024, pattern: '^[^\\u0000]*$' };
const Text = Type.String(text);
export const enumOf = <T extends readonly string[]>(symbols: T, description = '') =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...symbols], ...(description === '' ? {} : { description }) });
const timePattern = '\\d{4}-\\d{2}-\\d{2}([Tt ]\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?([Zz]|[+-]\\d{2}:\\d{2}))?';
export const time = (description: string) =>
  Type.String({
    pattern: `^(\\d{1,15}|${timePattern})$`,
    description: `${description}: RFC 3339, a day (its first moment, UTC) or milliseconds since 1970`,
    examples: ['2026-01-31T08:00:00Z'],
  });
/** Any of the values: the parameter repeated. */
const any = (item: TSchema, description: string) =>
  Type.Array(item, { minItems: 1, maxItems: 100, description: `${description}. Repeated: any of them` });

/** By the first name of each filter (filter-fields.ts). */
const described: Readonly<Record<string, TSchema>> = {
  q: Type.String({
    ...text,
    maxLength: 4_096,
    description: 'fielded search and free text: docs/guides/query.md',
    examples: ['action:auth.* -outcome:success ip:10.0.0.0/8'],
  }),
  action: any(Text, 'a part of the action’s name, in any case, or another name that the catalogue gives it'),
  category: any(Text, 'the action’s first word'),
  actor: any(Text, 'exact id or email'),
  actor_type: any(enumOf(actorTypes), 'kind of actor'),
  target_type: any(Text, 'exact'),
  target_id: any(Text, 'exact'),
  outcome: any(enumOf(outcomes), 'how it ended'),
  success: enumOf(['true', 'false'], 'true: outcome success; false: any other'),
  kind: any(enumOf(eventKinds), 'whether it changed something that has a state'),
  ip: any(Type.String({ minLength: 2, maxLength: 64, examples: ['10.0.0.0/8'] }), 'an address or a CIDR block'),
  correlation_id: any(Text, 'exact'),
  request_id: any(Text, 'exact'),
  application_id: any(Text, 'exact'),
  scope: any(enumOf(scopes), 'what it concerns'),
  from: time('of occurred_at, included'),
  to: time('of occurred_at, excluded'),
};

export const optional = (schemas: Readonly<Record<string, TSchema>>): Record<string, TSchema> =>
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, Type.Optional(schema)]));

/** Every filter, under each of its names. */
export const filterParameters: Readonly<Record<string, TSchema>> = {
  ...optional(
    Object.fromEntries(
      filterFields.flatMap(({ names }) => {
        const [first] = names;
        const schema = described[first!] ?? any(Text, 'exact');
        return names.map((name) => [
          name,
          name === first ? schema : ({ ...schema, description: `another name of ${first}` } as TSchema),
        ]);
      }),
    ),
  ),
  ...optional({
    preset: enumOf(['24h', '7d', '30d'], 'instead of from and to'),
    organization_id: any(Text, 'which of the caller’s organizations'),
  }),
};

/** The filters but for one, which the path says already. */
export const filtersWithout = (filter: string): Readonly<Record<string, TSchema>> => {
  const said = filterFields.find(({ names }) => names.includes(filter))?.names ?? [];
  return Object.fromEntries(Object.entries(filterParameters).filter(([name]) => !said.includes(name)));
};

export const wholeNumber = (min: number, max: number, description: string) =>
  Type.Integer({ minimum: min, maximum: max, description });
const Order = enumOf(['newest', 'oldest', 'desc', 'asc'], 'by occurred_at; newest when absent');

export const Cursor = Type.String({ minLength: 1, maxLength: 1_024, description: 'next_cursor of the page before' });

export const ListQuery = Type.Object({
  ...filterParameters,
  ...optional({
    limit: wholeNumber(1, 1_000, '100 when absent; at most 200 beside page'),
    cursor: Cursor,
    page: wholeNumber(1, 10_000, 'by number, instead of cursor; the answer adds page, per_page and total'),
    per_page: wholeNumber(1, 200, 'instead of limit'),
    offset: wholeNumber(0, 10_000, 'events to leave out, instead of cursor'),
    order: enumOf(['newest', 'oldest', 'desc', 'asc', 'ingest'], 'ingest: as recorded, for collectors, with since'),
    sort: Order,
    since: Type.String({
      minLength: 1,
      maxLength: 8_192,
      description: 'with order=ingest: the last next_cursor, `beginning` or `now`',
    }),
  }),
});
export const SummaryQuery = Type.Object(filterParameters);
export const orderParameters = optional({ order: Order, sort: Order });

/** Which organization is meant, of those that the credential permits. */
export const OrganizationHeader = Type.Object(
  optional({
    'x-organization-id': Type.String({
      minLength: 1,
      description: 'one of the caller’s organizations; X-Pulse-Org-ID is another name',
    }),
  }),
);

const someText = Type.Optional(Type.String());
const anyValue = Type.Optional(Type.Unknown({ description: 'any JSON value' }));
const timestamp = (description: string) => Type.String({ format: 'date-time', description });

/** An event as every answer gives it. */
export const Event = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    occurred_at: timestamp('when it happened, as its producer says'),
    recorded_at: timestamp('when Kafka took the record that carries it'),
    scope: enumOf(scopes),
    organization_id: someText,
    application_id: someText,
    actor: Type.Object({ type: enumOf(actorTypes), id: someText, name: someText, email: someText }),
    action: Type.String(),
    category: Type.String({ description: 'the action’s first word' }),
    kind: enumOf(eventKinds),
    target: Type.Optional(Type.Object({ type: someText, id: someText, name: someText })),
    related: Type.Optional(Type.Array(Type.Object({ type: Type.String(), id: Type.String() }))),
    outcome: enumOf(outcomes),
    reason: someText,
    auth_method: someText,
    service: someText,
    correlation_id: someText,
    request_id: someText,
    trace_id: someText,
    details_schema: someText,
    ip: someText,
    user_agent: someText,
    session_id: someText,
    message: someText,
    path: someText,
    details: anyValue,
    before: anyValue,
    after: anyValue,
    erased: Type.Optional(
      Type.Array(enumOf(['identity', 'content']), {
        description: 'parts that an erasure took out; docs/guides/erasure.md',
      }),
    ),
  },
  { title: 'Event', description: 'fields that say nothing are left out' },
);

const DetailsCheck = Type.Object({
  schema: Type.String({ description: 'the action whose schema it is' }),
  valid: Type.Boolean(),
  errors: Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String() })),
});

/** One event, and whether its details are as the action catalogue has them. */
export const OneEvent = Type.Intersect([Event, Type.Object({ details_check: Type.Optional(DetailsCheck) })]);

const count = Type.Integer({ minimum: 0 });
const counts = (description: string) => Type.Record(Type.String(), count, { description });
const persistentLogging = Type.Boolean({ description: 'whether the organizations’ plan includes it' });

export const EventList = Type.Object(
  {
    events: Type.Array(Event),
    next_cursor: Type.Union([Type.String(), Type.Null()], { description: 'null at the end' }),
    persistentLogging,
    caught_up: Type.Optional(Type.Boolean({ description: 'with order=ingest: nothing more was stored' })),
    page: Type.Optional(Type.Integer()),
    per_page: Type.Optional(Type.Integer()),
    total: Type.Optional(Type.Integer({ description: 'exact' })),
  },
  { title: 'EventList' },
);

export const Summary = Type.Object(
  {
    total: count,
    by_action: counts('the thousand most frequent'),
    by_category: counts(''),
    by_outcome: counts(''),
    by_kind: counts(''),
    by_actor_type: counts(''),
    other_actions: count,
    persistentLogging,
  },
  { title: 'Summary', description: 'exact counts' },
);

export const EventId = Type.Object({ id: Type.String({ minLength: 1, maxLength: 512, description: 'a UUID' }) });

/** docs/decisions/0042-evidence.md */
export const EvidenceBundle = Type.Object(
  { format: Type.Literal(bundleFormat) },
  {
    title: 'EvidenceBundle',
    additionalProperties: true,
    description: 'What `sealstream verify` and `sealstream/verify` judge',
  },
);

export const ProofRequest = Type.Object(
  {
    query: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), { description: 'filters and `limit` as of GET /api/audit' }),
    ),
    range: Type.Optional(
      Type.Object({
        shard: Type.String({ description: 'a shard of events, as /api/log lists it' }),
        from: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
        to: Type.Integer({
          minimum: 1,
          maximum: Number.MAX_SAFE_INTEGER,
          description: 'exclusive; at most 10,000 behind',
        }),
      }),
    ),
  },
  { additionalProperties: false, description: 'One of the two' },
);
