import { Type } from 'typebox';
import { actionKinds } from '../../../alerts/findings/index.js';
import { levels } from '../../../alerts/rules/index.js';
import { Cursor, NextCursor, nullable, Organization, oneOf, Time } from '../schemas.js';
import { alertStatuses, listLimits } from './list-request.js';

export const Alert = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    rule: Type.String({ description: 'its id' }),
    rule_title: Type.String(),
    rule_version: Type.String({ description: 'SHA-256 of all that decides what the rule finds' }),
    rule_author: Type.String({ description: 'to be shown with the alert: some licences of rules ask for it' }),
    rule_owner: oneOf(['deployment', 'organization'], 'whose rule it is'),
    level: oneOf(levels, 'how bad it is'),
    fingerprint: Type.String({ description: 'of rule and group: the same for every alert that is the same again' }),
    organization_id: Organization,
    group: Type.Record(Type.String(), Type.String(), { description: 'what the rule groups by' }),
    state: oneOf(alertStatuses, '`replaced`: it became part of another, its successor'),
    state_since: Time,
    count: Type.Integer({ description: 'events that it is about' }),
    hits: Type.Integer({ description: 'events at which the rule’s condition held' }),
    first_seen: Time,
    last_seen: Time,
    resolves_at: Type.String({
      format: 'date-time',
      description: 'when it resolves by itself, should nothing more come',
    }),
    event_ids: Type.Array(Type.String(), { description: 'the first of its events; at most 100' }),
    assigned_to: Type.String({ description: 'who deals with it, as it was said; empty: nobody' }),
    silenced_by: Type.Array(Type.String(), { description: 'silences that keep it quiet now' }),
    notified_at: nullable(Time),
    successor: nullable(Type.String()),
  },
  { title: 'Alert' },
);

export const AlertList = Type.Object({ alerts: Type.Array(Alert), next_cursor: NextCursor });

export const AlertAction = Type.Object(
  {
    id: Type.String(),
    kind: oneOf(actionKinds, 'what was done'),
    at: Time,
    actor: Type.Object({ type: Type.String(), id: Type.String(), name: Type.String() }),
    note: Type.String(),
  },
  { title: 'AlertAction' },
);

export const AlertDetailAnswer = Type.Object(
  { ...Alert.properties, actions: Type.Array(AlertAction, { description: 'what was done about it, oldest first' }) },
  { title: 'AlertDetail' },
);

export const AlertId = Type.Object({ id: Type.String({ maxLength: 64 }) });
export const Comment = Type.Object(
  { comment: Type.Optional(Type.String({ maxLength: 4_096 })) },
  { additionalProperties: false },
);
export const NeededComment = Type.Object(
  { comment: Type.String({ minLength: 1, maxLength: 4_096 }) },
  { additionalProperties: false },
);

export const Assignment = Type.Object(
  {
    assignee: Type.String({
      maxLength: 256,
      description: 'a person or team by whatever name people know; empty: nobody',
    }),
  },
  { additionalProperties: false },
);

const listOf = (description: string) =>
  Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())], { description }));

export const AlertQuery = Type.Object({
  state: listOf(`any of ${alertStatuses.join(', ')}; all but replaced when absent`),
  rule: listOf('ids of rules'),
  level: listOf(`any of ${levels.join(', ')}`),
  fingerprint: Type.Optional(Type.String()),
  group: listOf('a field of the group and its value: ip:198.51.100.7'),
  from: Type.Optional(Type.String({ description: 'seen then or later' })),
  to: Type.Optional(Type.String({ description: 'seen before' })),
  organization_id: listOf('any of these organizations'),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: listLimits.most, default: listLimits.usual })),
  cursor: Type.Optional(Cursor),
});
