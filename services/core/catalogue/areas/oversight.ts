import type { ActionDefinition } from '../action.js';
import {
  anything,
  count,
  event,
  flag,
  forOwners,
  number,
  object,
  oneOf,
  stateful,
  text,
  texts,
  time,
} from '../define.js';

const reason = text('why');
const fields = texts('which fields');
const filter = object('the filters that were asked for');
const partition = count('which partition');
/** Records of the quarantine that something was done about. */
const setAside = { records: count('how many'), places: texts('which: partition/offset') };
/** What the judge of records found, and of which record. */
const finding = {
  producer_id: text('whose'),
  key_id: text('signed by which key, hex'),
  epoch: text('in which epoch, hex'),
  lane: count('in which lane'),
  partition,
  offset: count('of the record at which it was found'),
  header_hash: text('of that record, hex'),
  appended_at: time('when Kafka took that record'),
  finding: oneOf(['gap', 'gap_closed', 'broken_chain', 'epoch_fork', 'equivocation'], 'what was found'),
  detail: text('in words'),
};
const rule = text('which rule');

const retention: readonly ActionDefinition[] = [
  stateful(
    'retention.policy_changed',
    'How long data are kept was changed.',
    {
      days: count('how long'),
      applies_to: text('which data'),
    },
    { aliases: ['retention.updated', 'retention.changed', 'retention.policy_updated'] },
  ),
  event(
    'retention.purged',
    'Data whose time was up were deleted.',
    { rows: count('how many'), before: time('older than') },
    {
      aliases: ['retention.run_completed', 'retention.applied'],
    },
  ),
  event('retention.failed', 'Data whose time was up could not be deleted.', { error: text('why') }),
  ...forOwners([
    stateful(
      'legal_hold.placed',
      'Data must be kept, whatever their time.',
      { matter: text('for which matter'), filter, reason },
      {
        aliases: ['legal_hold.created', 'legal_hold.set'],
      },
    ),
    stateful('legal_hold.updated', 'Which data must be kept was changed.', {
      matter: text('for which matter'),
      fields,
    }),
    stateful(
      'legal_hold.released',
      'Data need no longer be kept beyond their time.',
      { matter: text('for which matter'), reason },
      {
        aliases: ['legal_hold.deleted', 'legal_hold.removed', 'legal_hold.lifted'],
      },
    ),
    event('legal_hold.blocked_deletion', 'Data were not deleted because they must be kept.', {
      rows: count('how many'),
    }),
  ]),
  event('erasure.requested', 'Someone asked for data about a person to be erased.', {
    subjects: count('how many persons'),
    subject_kind: oneOf(['actor_id', 'email', 'filter'], 'by what they are found'),
    subject_hash: text('HMAC-SHA-256 of whom, by the deployment’s secret'),
    parts: texts('which parts of their events'),
    legal_basis: text('on what legal basis'),
    organizations: { type: ['array', 'string'], description: 'whose events: their ids, or "*"' },
    bounds: anything('by partition: the first offset that it does not concern'),
    reason,
  }),
  event('erasure.listed', 'Parts of events are named, in `related`, that are erased from then on.', {
    erasure_id: text('of which erasure'),
    list_digest: text('SHA-256 over the list so far'),
    legal_basis: text('on what legal basis'),
  }),
  event(
    'erasure.completed',
    'Data about a person were erased; what was signed can still be checked.',
    {
      events: count('in how many events'),
      parts: texts('which parts of them'),
      parts_listed: count('how many parts'),
      records: count('in how many records'),
      quarantined: count('how many of those that were set aside'),
      findings: count('in how many alerts'),
      subject_hash: text('HMAC-SHA-256 of whom, by the deployment’s secret'),
      legal_basis: text('on what legal basis'),
      list_digest: text('SHA-256 over the list'),
    },
    { aliases: ['user.erased', 'gdpr.erasure_completed'] },
  ),
  event('erasure.failed', 'Data about a person could not be erased yet.', { error: text('why') }),
];

/** What every access to the log says of itself. */
const access = {
  route: text('which way'),
  filter,
  results: count('how many events it gave'),
  count: count('how many such accesses the event stands for'),
  sampled: flag('whether it stands for several that were counted'),
  organization: text('whose events, where the system scope keeps the access'),
};
const one = { ...access, event_id: text('which event') };

/** Who watches: reading the log is itself logged. */
const auditAccess: readonly ActionDefinition[] = forOwners([
  event('audit.read', 'Someone read an event of the log.', one, {
    aliases: ['audit.viewed', 'audit_log.viewed', 'audit_log.read'],
  }),
  event('audit.searched', 'Someone searched the log.', access, {
    aliases: ['audit.queried', 'audit.listed', 'audit_log.searched'],
  }),
  event(
    'audit.exported',
    'Someone took events out of the log.',
    { ...access, format: text('csv, json, …') },
    {
      aliases: ['audit_log.exported'],
    },
  ),
  event(
    'audit.verified',
    'Someone checked whether an event is genuine.',
    { ...one, verified: flag('whether it is') },
    {
      aliases: ['audit_log.verified'],
    },
  ),
  event('audit.streamed', 'Someone followed the log live.', { ...access, state: text('begun, ended or refused') }),
  stateful('audit.access_granted', 'An auditor was let into the log for a time.', {
    expires_at: time('until when'),
    permissions: texts('to do what'),
  }),
  stateful('audit.access_revoked', 'An auditor was shut out of the log.', { reason }),
]);

/** What Sealstream says of itself and of its administration, most of it in the system scope. */
const own: readonly ActionDefinition[] = [
  stateful('producer.registered', 'A key was permitted to sign events.', {
    key_id: text('hex'),
    producer_id: text('whose key'),
    organizations: { type: ['array', 'string'], description: 'which organizations: their ids, or "*"' },
    scopes: texts('which scopes'),
    registry_offset: count('of the entry that permits it'),
  }),
  stateful('producer.revoked', 'A key may sign events no more.', {
    producer_id: text('whose key'),
    registry_offset: count('of the entry that forbids it'),
  }),
  event('session.link_created', 'A one-time link into the console was made.', { expires_at: time('when it ends') }),
  stateful('action.defined', 'An organization defined an action of its own.', {
    organization_id: text('which organization'),
    kind: text('event or stateful'),
    description: text('what it says the action is'),
    visible_to: text('who may see its events'),
    schema: anything('what it says details are'),
  }),
  stateful('action.removed', 'An organization took a definition of its own away.', {
    organization_id: text('which organization'),
  }),
  stateful(
    'entitlement.changed',
    'What an organization is entitled to was changed.',
    {
      organization_id: text('which organization'),
      fields,
    },
    { aliases: ['entitlements.updated', 'plan.entitlements_changed'] },
  ),
  event('quarantine.released', 'Records that had been set aside were published again.', setAside),
  event('quarantine.discarded', 'Records that had been set aside were given up.', { ...setAside, reason }),
  event('log.gap_detected', 'Events of a producer are missing.', {
    ...finding,
    first_seq: count('first missing sequence'),
    events: count('how many; none where only a record without events is missing'),
  }),
  event('log.gap_closed', 'Events of a producer that were missing have come.', {
    ...finding,
    first_seq: count('first sequence that came'),
    events: count('how many came'),
  }),
  event('log.equivocation_detected', 'A producer signed two different histories.', finding),
  event('log.verification_failed', 'Something stored is not what was signed.', {
    event_id: text('which event'),
    check: oneOf(['signature', 'inclusion', 'completeness', 'time'], 'which check'),
    detail: text('what is wrong'),
    shard: text('which log'),
    incarnation: text('of the events topic, hex'),
    partition,
    offset: count('of the record'),
  }),
  event('log.repaired', 'Stored rows were deleted, to be written anew from Kafka.', {
    incarnation: text('of the events topic, hex'),
    partition,
    offset: count('from which on'),
    records: count('how many Kafka gives again'),
    rows: object('how many were deleted, by table'),
    generation: count('under which the consumer goes on'),
    detail: text('what was wrong'),
  }),
  event('log.witness_refused', 'A witness did not sign a checkpoint.', { witness: text('which'), detail: text('why') }),
];

const owner = text('whose');
/** Views that an organization shares; what somebody keeps for themselves leaves no event. */
const views: readonly ActionDefinition[] = [
  stateful('saved_view.created', 'A view of the log was saved for everybody in the organization.', { owner }),
  stateful('saved_view.updated', 'A shared view of the log was renamed or replaced.', { owner }),
  stateful('saved_view.shared', 'Somebody shared a view of the log with the organization.', { owner }),
  stateful('saved_view.unshared', 'A view of the log is no longer shared with the organization.', { owner }),
  stateful(
    'saved_view.deleted',
    'A shared view of the log was deleted.',
    { owner },
    { aliases: ['saved_view.removed'] },
  ),
];

const alerting: readonly ActionDefinition[] = [
  event(
    'alert.fired',
    'A rule found what it looks for.',
    {
      rule,
      severity: oneOf(['informational', 'low', 'medium', 'high', 'critical'], 'how bad it is'),
      count: count('how many events'),
      group: object('whom or what it is about'),
    },
    { aliases: ['alert.triggered', 'alert.opened', 'alert.created'] },
  ),
  stateful(
    'alert.acknowledged',
    'Someone took an alert on.',
    { rule, comment: text('what they said') },
    { aliases: ['alert.acked'] },
  ),
  stateful(
    'alert.resolved',
    'An alert came to its end.',
    { rule, automatic: flag('whether by itself'), comment: text('what was said') },
    {
      aliases: ['alert.closed'],
    },
  ),
  stateful('alert.unacknowledged', 'Someone gave an alert back.', { rule, comment: text('what they said') }),
  event('alert.commented', 'Someone said something about an alert.', { rule, comment: text('what they said') }),
  event('alert.assigned', 'Someone said who deals with an alert.', {
    rule,
    assignee: text('who deals with it; empty: nobody'),
  }),
  stateful('alert.reopened', 'An alert that had ended is open again.', { rule }),
  event(
    'alert.silenced',
    'An alert was kept quiet.',
    { rule, silence: text('by which silence') },
    { aliases: ['alert.suppressed'] },
  ),
  event(
    'alert.notified',
    'People were told of an alert.',
    { channel: text('how'), milliseconds: count('how long it took') },
    {
      aliases: ['notification.sent'],
    },
  ),
  event(
    'alert.notification_failed',
    'People could not be told of an alert.',
    {
      channel: text('how'),
      attempt: count('which try, from 1'),
      error: text('why'),
    },
    { aliases: ['notification.failed'] },
  ),
  stateful(
    'alert_rule.created',
    'An alert rule was made.',
    { rule, version: number('which version') },
    { aliases: ['rule.created'] },
  ),
  stateful(
    'alert_rule.updated',
    'An alert rule was changed.',
    { rule, version: number('which version'), fields },
    {
      aliases: ['rule.updated'],
    },
  ),
  stateful('alert_rule.enabled', 'An alert rule was switched on.', { rule }, { aliases: ['rule.enabled'] }),
  stateful('alert_rule.disabled', 'An alert rule was switched off.', { rule }, { aliases: ['rule.disabled'] }),
  stateful('alert_rule.deleted', 'An alert rule was deleted.', { rule }, { aliases: ['rule.deleted'] }),
  event(
    'alert_rule.backtested',
    'An alert rule was tried over the past.',
    {
      rule,
      from: time('from when'),
      to: time('to when'),
      alerts: count('how many it would have given'),
    },
    { aliases: ['rule.backtested'] },
  ),
  stateful('silence.created', 'Alerts of a kind are kept quiet for a time.', { until: time('until when'), reason }),
  stateful('silence.updated', 'Which alerts are kept quiet, or for how long, was changed.', {
    until: time('until when'),
    reason,
  }),
  event('silence.expired', 'The time for which alerts were kept quiet is over.'),
  stateful('silence.deleted', 'Alerts of a kind are no longer kept quiet.', {}, { aliases: ['silence.removed'] }),
  stateful('notification_channel.created', 'A way of telling people was set up.', {
    type: text('email, slack, webhook, …'),
  }),
  stateful('notification_channel.updated', 'A way of telling people was changed.', {
    type: text('email, slack, webhook, …'),
    fields,
  }),
  stateful('notification_channel.deleted', 'A way of telling people was deleted.', {
    type: text('email, slack, webhook, …'),
  }),
  event('notification_channel.tested', 'A way of telling people was tried out.', {
    type: text('email, slack, webhook, …'),
  }),
  event('notification.dropped', 'News that had reached nobody were given up.', { delivery_id: text('which') }),
  event('notification.redelivered', 'News that had reached nobody were sent again.', { delivery_id: text('which') }),
];

/** Keeping, erasing, watching, alerting. */
export const oversight: readonly ActionDefinition[] = [...retention, ...auditAccess, ...own, ...views, ...alerting];
