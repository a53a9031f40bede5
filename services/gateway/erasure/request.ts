import { createHmac } from 'node:crypto';
import { type ErasablePartName, erasableParts } from '../../core/erasure/index.js';
import { formatTimestampUs } from '../../core/event/time.js';
import type { Retention } from '../../core/reading/index.js';
import { goneByMs } from '../../core/reading/index.js';
import { sha256 } from '../../core/seal/index.js';
import { type Caller, may, mayActFor } from '../auth/caller.js';
import { Problem } from '../errors.js';
import type { Erasure } from './erasure-table.js';
import type { NewErasure } from './schemas.js';
import { readSubject, type SubjectInput } from './subject.js';

/** What a request asks for, before it is known what there is of it. */
export type ErasureRequest = Pick<
  Erasure,
  | 'organizations'
  | 'withSystem'
  | 'requestHash'
  | 'subjectKind'
  | 'subjectHash'
  | 'parts'
  | 'legalBasis'
  | 'reason'
  | 'requestedBy'
  | 'requestedAtMs'
> & { subject: SubjectInput };

/** Throws a Problem for a filter that cannot be read, or an organization that is not the caller's. */
export function readErasure(
  body: NewErasure,
  {
    caller,
    organization: header,
    secret,
    nowMs,
  }: { caller: Caller; organization: string | undefined; secret: Buffer; nowMs: number },
): ErasureRequest {
  const organization = body.organization ?? header;
  if (organization !== undefined && !mayActFor(caller, organization)) {
    const detail = `the API key does not speak for organization ${JSON.stringify(organization)}`;
    throw new Problem('forbidden', detail, { errors: [{ pointer: '/organization', detail }] });
  }
  const subject = body.subject as SubjectInput;
  const { kind } = readSubject(subject, { nowMs });
  const { dry_run: _, ...rest } = body;
  return {
    organizations: organization === undefined ? caller.organizations : [organization],
    withSystem: organization === undefined && may(caller, 'view:system_audit_logs'),
    requestHash: sha256(JSON.stringify([rest, organization ?? ''])).toString('hex'),
    subject,
    subjectKind: kind,
    subjectHash: createHmac('sha256', secret)
      .update('sealstream/erasure-subject/v1\0')
      .update(canonical(subject))
      .digest('hex'),
    parts: body.parts === 'both' ? erasableParts : [body.parts as ErasablePartName],
    legalBasis: body.legal_basis,
    reason: body.reason ?? '',
    requestedBy: caller.keyId,
    requestedAtMs: nowMs,
  };
}

/** The same for the same subject, in whatever order and case it was written. */
const canonical = (subject: SubjectInput): string =>
  'filter' in subject
    ? JSON.stringify(Object.entries(subject.filter).sort(([a], [b]) => (a < b ? -1 : 1)))
    : JSON.stringify('actor_id' in subject ? ['actor_id', subject.actor_id] : ['email', subject.email.toLowerCase()]);

/** Whoever may act for every organization that an erasure concerns may see it. */
export const maySee = (caller: Caller, { organizations }: Pick<Erasure, 'organizations'>): boolean =>
  caller.organizations === '*' || (organizations !== '*' && organizations.every((one) => mayActFor(caller, one)));

const time = (ms: number | undefined): string | null => (ms === undefined ? null : formatTimestampUs(ms * 1_000));

export const rawTopicOf = (topic: string, retention: Retention, nowMs: number) => ({
  topic,
  retention_seconds: retention.retentionMs === undefined ? null : Math.round(retention.retentionMs / 1_000),
  gone_by: time(goneByMs(retention, nowMs)),
});

export const answerOfErasure = (erasure: Erasure, { topic, retention }: { topic: string; retention: Retention }) => ({
  id: erasure.id,
  state: erasure.state,
  subject_kind: erasure.subjectKind,
  subject_hash: erasure.subjectHash,
  parts: [...erasure.parts],
  legal_basis: erasure.legalBasis,
  reason: erasure.reason,
  organizations: erasure.organizations === '*' ? ('*' as const) : [...erasure.organizations],
  requested_by: erasure.requestedBy,
  requested_at: time(erasure.requestedAtMs)!,
  completed_at: time(erasure.completedAtMs),
  progress: {
    events: erasure.events,
    parts: erasure.partsListed,
    records: erasure.records,
    quarantined_records: erasure.quarantined,
    alerts: erasure.findings,
    unreadable: erasure.unreadable,
  },
  error: erasure.error === '' ? null : erasure.error,
  raw_topic: { ...rawTopicOf(topic, retention, erasure.requestedAtMs), gone_by: time(erasure.goneByMs) },
});
