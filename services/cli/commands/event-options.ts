import { type Command, Option } from 'commander';
import type { EventInput } from '../../core/event/index.js';
import { actorTypes, outcomes } from '../../core/wire/symbols.js';
import { usageError } from '../errors.js';

/** An event's fields as options of `emit`. */
export interface EventOptions {
  action?: string;
  organization?: string;
  application?: string;
  occurredAt?: string;
  actor?: string;
  actorType?: (typeof actorTypes)[number];
  actorName?: string;
  actorEmail?: string;
  targetType?: string;
  targetId?: string;
  targetName?: string;
  outcome?: (typeof outcomes)[number];
  reason?: string;
  authMethod?: string;
  service?: string;
  correlationId?: string;
  requestId?: string;
  ip?: string;
  userAgent?: string;
  message?: string;
  details?: string;
  before?: string;
  after?: string;
}

export const withEventOptions = (command: Command): Command =>
  command
    .option('--action <action>', 'dotted, lower case: member.role_changed')
    .option('--organization <id>', 'whose event it is')
    .option('--application <id>', 'of which application')
    .option('--occurred-at <time>', 'RFC 3339; default: now')
    .option('--actor <id>', 'who did it: an opaque id')
    .addOption(new Option('--actor-type <type>', 'of the actor').choices(actorTypes))
    .option('--actor-name <name>', 'erasable')
    .option('--actor-email <email>', 'erasable')
    .option('--target-type <type>', 'what kind of thing it was done to')
    .option('--target-id <id>', 'which one: an opaque id')
    .option('--target-name <name>', 'erasable')
    .addOption(new Option('--outcome <outcome>', 'default: success').choices(outcomes))
    .option('--reason <code>', 'why it failed')
    .option('--auth-method <method>', 'password, publickey, totp …')
    .option('--service <name>', 'which service says so')
    .option('--correlation-id <id>', 'joins the events of one workflow')
    .option('--request-id <id>', 'joins the events of one request')
    .option('--ip <address>', 'from where, erasable')
    .option('--user-agent <text>', 'erasable')
    .option('--message <sentence>', 'for people, erasable')
    .option('--details <json>', 'any JSON value, erasable')
    .option('--before <json>', 'state before, erasable')
    .option('--after <json>', 'state after, erasable');

export function eventFromOptions(options: EventOptions): EventInput {
  const actor = present({
    type: options.actorType,
    id: options.actor,
    name: options.actorName,
    email: options.actorEmail,
  });
  const target = present({ type: options.targetType, id: options.targetId, name: options.targetName });
  return present({
    action: options.action,
    organization_id: options.organization,
    application_id: options.application,
    occurred_at: options.occurredAt,
    actor: Object.keys(actor).length > 0 ? actor : undefined,
    target: Object.keys(target).length > 0 ? target : undefined,
    outcome: options.outcome,
    reason: options.reason,
    auth_method: options.authMethod,
    service: options.service,
    correlation_id: options.correlationId,
    request_id: options.requestId,
    ip: options.ip,
    user_agent: options.userAgent,
    message: options.message,
    details: json('--details', options.details),
    before: json('--before', options.before),
    after: json('--after', options.after),
  }) as EventInput;
}

const present = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

function json(option: string, text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw usageError(`${option} is not JSON. A text needs its quotes too: ${option} '"text"'`);
  }
}
