import { Type } from 'typebox';
import type { Finding } from '../../../alerts/findings/index.js';
import { findingView } from '../../../alerts/findings/index.js';
import type { EventAnswer } from '../../query/answer.js';
import { Event } from '../../query/schemas.js';
import { Organization, Time } from '../schemas.js';

export const FindingSchema = Type.Object(
  {
    id: Type.String({ description: 'the same that the alert has, where the rule ran' }),
    fingerprint: Type.String(),
    organization_id: Organization,
    rule: Type.String(),
    level: Type.String(),
    group: Type.Record(Type.String(), Type.String()),
    first_seen: Time,
    last_seen: Time,
    hits: Type.Integer(),
    count: Type.Integer({ description: 'events that it is about' }),
    event_ids: Type.Array(Type.String()),
    events: Type.Array(Event, { description: 'the first of them, of the first findings' }),
  },
  { title: 'BacktestFinding' },
);

export function findingAnswer(finding: Finding, events: ReadonlyMap<string, EventAnswer>) {
  const {
    id,
    fingerprint,
    organization_id,
    rule,
    group,
    first_seen,
    last_seen,
    hits,
    events: count,
    event_ids,
  } = findingView(finding);
  return {
    id,
    fingerprint,
    organization_id,
    rule: rule.id,
    level: rule.level,
    group,
    first_seen,
    last_seen,
    hits,
    count,
    event_ids,
    events: event_ids.flatMap((one) => events.get(one) ?? []).slice(0, 3),
  };
}
