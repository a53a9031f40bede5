import { type Static, Type } from 'typebox';
import { erasableParts } from '../../core/erasure/index.js';
import { OrganizationId } from '../http/schemas.js';
import { enumOf, time } from '../query/schemas.js';
import { erasureStates } from './erasure-table.js';
import { listLimits } from './list-request.js';
import { subjectRoles } from './subject.js';

const closed = { additionalProperties: false } as const;
const Role = Type.Optional(
  enumOf(subjectRoles, 'as what they stand in an event: who did it, whom it was done to, or any; any when absent'),
);
const someone = { minLength: 1, maxLength: 1_024, pattern: '^[^\\u0000]+$' };

const Subject = Type.Union([
  Type.Object({ actor_id: Type.String(someone), as: Role }, { ...closed, title: 'ErasureById' }),
  Type.Object(
    { email: Type.String(someone), as: Role },
    {
      ...closed,
      title: 'ErasureByEmail',
      description: 'in whatever case; of the actor, or where the target is named by it',
    },
  ),
  Type.Object(
    {
      filter: Type.Record(Type.String(), Type.Unknown(), {
        description: 'filters of GET /api/audit, but for organization_id; at least one',
      }),
    },
    { ...closed, title: 'ErasureByFilter' },
  ),
]);

/** What POST /api/erasures takes. */
export const NewErasure = Type.Object(
  {
    subject: Subject,
    parts: enumOf(
      [...erasableParts, 'both'],
      'identity: names, emails, addresses, agents, sessions; content: message, path, details, before, after',
    ),
    legal_basis: Type.String({ minLength: 1, maxLength: 1_024, examples: ['GDPR Art. 17(1)(a)'] }),
    reason: Type.Optional(
      Type.String({ maxLength: 4_096, description: 'in words; no personal data: it is kept for ever' }),
    ),
    organization: Type.Optional({
      ...OrganizationId,
      description: 'only this one’s events; all of the caller’s when absent',
    }),
    dry_run: Type.Optional(Type.Boolean({ description: 'only say how many events it would concern' })),
  },
  { ...closed, title: 'NewErasure' },
);
export type NewErasure = Static<typeof NewErasure>;

const Time = Type.String({ format: 'date-time' });
const count = (description: string) => Type.Integer({ minimum: 0, description });

const RawTopic = Type.Object(
  {
    topic: Type.String(),
    retention_seconds: Type.Union([Type.Integer(), Type.Null()], { description: 'null: unlimited' }),
    gone_by: Type.Union([Time, Type.Null()], {
      description: 'by when Kafka holds nothing of it any more; null: never, retention.ms has to be set',
    }),
  },
  { description: 'the raw records, which nobody can change; Kafka lets them go' },
);

export const Preview = Type.Object(
  {
    dry_run: Type.Literal(true),
    events: count('stored now that hold something of the parts'),
    raw_topic: RawTopic,
  },
  { title: 'ErasurePreview' },
);

export const ErasureAnswer = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    state: enumOf(
      erasureStates,
      'waiting: for the consumer to store what Kafka had; removing: for ClickHouse to delete files of before',
    ),
    subject_kind: Type.String({ description: 'actor_id, email or filter; the subject itself is not kept' }),
    subject_hash: Type.String({ description: 'HMAC-SHA-256 by the deployment’s secret, as the audit events have it' }),
    parts: Type.Array(Type.String()),
    legal_basis: Type.String(),
    reason: Type.String(),
    organizations: Type.Union([Type.Literal('*'), Type.Array(Type.String())]),
    requested_by: Type.String({ description: 'the credential' }),
    requested_at: Time,
    completed_at: Type.Union([Time, Type.Null()]),
    progress: Type.Object({
      events: count('of which parts were named'),
      parts: count('named in signed events'),
      records: count('that carry them'),
      quarantined_records: count('records found in quarantine alone'),
      alerts: count('of which values of the group were erased'),
      unreadable: count('records in quarantine that nobody can take apart and that hold the subject’s text'),
    }),
    error: Type.Union([Type.String(), Type.Null()], { description: 'why it does not go on; it is tried again' }),
    raw_topic: RawTopic,
  },
  { title: 'Erasure' },
);

export const ErasureId = Type.Object({ id: Type.String({ format: 'uuid' }) });
export const ErasureQuery = Type.Object({
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: listLimits.most, description: `${listLimits.usual} when absent` }),
  ),
  before: Type.Optional(time('asked for before: requested_at of the last')),
});
export const ErasureList = Type.Object({ erasures: Type.Array(ErasureAnswer) });
