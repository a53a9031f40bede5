import { Type } from 'typebox';
import { enumOf, time } from '../query/schemas.js';
import { eventLimits, listLimits, reasons } from './list-request.js';
import { refusalCodes } from './refusal.js';
import { states } from './set-aside.js';

const closed = { additionalProperties: false } as const;
const Time = Type.String({ format: 'date-time' });
const hex = (digits: number, description: string) =>
  Type.String({ pattern: `^[0-9a-f]{${digits}}$`, description: `hex; ${description}` });
const Partition = Type.Integer({ minimum: 0, maximum: 4_294_967_295, examples: [0] });
const Offset = Type.Integer({ minimum: 0, maximum: 999_999_999_999_999, examples: [4711] });
const Incarnation = hex(32, 'of the events topic; the present one where it is left out');
const Reason = enumOf(reasons, 'stays; schemas/README.md §6');
const Place = { partition: Partition, offset: Offset, incarnation: Type.Optional(Incarnation) };

export const PlaceParams = Type.Object({ partition: Partition, offset: Offset });
export const IncarnationQuery = Type.Object({ incarnation: Type.Optional(Incarnation) });
export const EventsQuery = Type.Object({
  incarnation: Type.Optional(Incarnation),
  from: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535, description: 'index of the first event' })),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: eventLimits.most, description: `${eventLimits.usual} when absent` }),
  ),
});

const filters = {
  reason: Type.Optional(
    Type.String({
      description: 'any of these, with commas between; of the record or of an event in it',
      examples: ['unknown_key'],
    }),
  ),
  state: Type.Optional(Type.String({ description: `any of ${states.join(', ')}`, examples: ['open'] })),
  partition: Type.Optional(Partition),
  from: Type.Optional(time('appended at or after')),
  to: Type.Optional(time('appended before')),
  producer_id: Type.Optional(Type.String({ description: 'as the header says, where it could be read' })),
  key_id: Type.Optional(hex(64, 'as the header says')),
};
export const FilterQuery = Type.Object(filters);
export const ListQuery = Type.Object({
  ...filters,
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: listLimits.most, description: `${listLimits.usual} when absent` }),
  ),
  cursor: Type.Optional(Type.String({ description: 'next_cursor of the page before' })),
});

const Header = Type.Object(
  {
    kind: Type.String({ description: 'open, data, heartbeat, close or registry' }),
    producer_id: Type.String(),
    key_id: Type.String(),
    epoch: Type.String(),
    lane: Type.Integer(),
    first_seq: Type.Integer(),
    count: Type.Integer({ description: 'events in the record' }),
    header_hash: Type.String(),
  },
  { description: 'as the record says; whether it is true was what could not be found out', title: 'QuarantinedHeader' },
);
const Decision = Type.Object({
  kind: enumOf(['released', 'discarded']),
  by: Type.String({ description: 'the credential' }),
  at: Time,
  reason: Type.String({ description: 'of a discard' }),
});
const Outcome = Type.Object({
  kind: enumOf(
    ['under_way', 'accepted', 'accepted_in_part', 'refused_again'],
    'derived from what is stored: a record further on with the same bytes',
  ),
  offset: Type.Union([Type.Integer(), Type.Null()], { description: 'where it came again; null while it is under way' }),
  at: Type.Union([Time, Type.Null()]),
  reason: Type.Union([Type.String(), Type.Null()], { description: 'why it was refused again as a whole' }),
});
const record = {
  partition: Partition,
  offset: Offset,
  incarnation: Incarnation,
  appended_at: Time,
  disposition: enumOf(['quarantined', 'partial'], 'quarantined: the whole record; partial: some of its events'),
  reason: Reason,
  detail: Type.String({ description: 'for people' }),
  refused_events: Type.Integer({ minimum: 0, description: 'of a partial record' }),
  bytes: Type.Integer({ description: 'of the record as it came' }),
  value_hash: hex(64, 'SHA-256 of the record as it came'),
  header: Type.Union([Header, Type.Null()]),
  state: enumOf(states),
  decision: Type.Union([Decision, Type.Null()], { description: 'the newest' }),
  outcome: Type.Union([Outcome, Type.Null()]),
};
export const RecordList = Type.Object(
  {
    records: Type.Array(Type.Object(record, { title: 'QuarantinedRecord' })),
    next_cursor: Type.Union([Type.String(), Type.Null()]),
  },
  { title: 'QuarantineList' },
);

const Refusal = {
  code: enumOf(refusalCodes, 'stays'),
  reason: Type.Union([Type.String(), Type.Null()], {
    description: 'the judge’s, where it would refuse the record again',
  }),
  detail: Type.String({ description: 'why' }),
  cure: Type.String({ description: 'what to do' }),
};
export const RecordDetail = Type.Object(
  {
    ...record,
    refused: Type.Array(Type.Object({ index: Type.Integer(), reason: Reason, detail: Type.String() })),
    advice: Type.Array(
      Type.Object({
        reason: Reason,
        cause: Type.String(),
        cure: Type.String(),
        releasable: enumOf(['never', 'once_mended', 'later'], 'whether these bytes can ever be accepted as they are'),
      }),
      { description: 'for each reason' },
    ),
    release: Type.Object({
      possible: Type.Boolean({ description: 'as of now' }),
      refusal: Type.Union([Type.Object(Refusal), Type.Null()]),
    }),
  },
  { title: 'QuarantinedRecordDetail' },
);

export const Totals = Type.Object(
  {
    by_state: Type.Object(Object.fromEntries(states.map((state) => [state, Type.Integer()]))),
    by_reason: Type.Array(
      Type.Object({ reason: Reason, ...Object.fromEntries(states.map((state) => [state, Type.Integer()])) }),
      { description: 'a record refused for several reasons counts under each; most open ones first' },
    ),
  },
  { title: 'QuarantineTotals' },
);

export const EventsAnswer = Type.Object(
  {
    readable: Type.Boolean({ description: 'whether the frame could be taken apart' }),
    total: Type.Integer({ description: 'events in the record' }),
    events: Type.Array(
      Type.Object({
        index: Type.Integer(),
        reason: Type.Union([Type.String(), Type.Null()], { description: 'why this event was refused' }),
        event: Type.Union([Type.Object({}, { additionalProperties: true }), Type.Null()], {
          description: 'as events are answered elsewhere; null where it cannot be read',
        }),
      }),
    ),
    next_from: Type.Union([Type.Integer(), Type.Null()]),
  },
  { title: 'QuarantinedEvents' },
);

/** Records of one request. */
export const mostAtOnce = 50;
const records = Type.Array(Type.Object(Place, closed), { minItems: 1, maxItems: mostAtOnce });
const examples = [{ records: [{ partition: 0, offset: 4711 }] }];
export const ReleaseRequest = Type.Object({ records }, { ...closed, title: 'QuarantineRelease', examples });
export const DiscardRequest = Type.Object(
  {
    records,
    reason: Type.String({
      minLength: 1,
      maxLength: 1_024,
      pattern: '\\S',
      description: 'why nobody will want them; kept for ever, no personal data',
    }),
  },
  { ...closed, title: 'QuarantineDiscard', examples: [{ ...examples[0], reason: 'a test of the new importer' }] },
);
const Answered = {
  partition: Partition,
  offset: Offset,
  done: Type.Boolean(),
  refusal: Type.Union([Type.Object(Refusal), Type.Null()]),
};
export const ReleaseAnswer = Type.Object(
  {
    records: Type.Array(
      Type.Object({
        ...Answered,
        published_offset: Type.Union([Type.Integer(), Type.Null()], {
          description: 'where Kafka has it; what becomes of it is in the record’s outcome',
        }),
      }),
    ),
  },
  { title: 'QuarantineReleased' },
);
export const DiscardAnswer = Type.Object(
  { records: Type.Array(Type.Object(Answered)) },
  { title: 'QuarantineDiscarded' },
);
