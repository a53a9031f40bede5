import type { WireEvent } from '../wire/event.js';
import { limits } from '../wire/limits.js';
import { parseUuid } from '../wire/uuid.js';
import { addressBytes } from './address.js';
import { type EventInput, InvalidEvent } from './input.js';
import { parseTimestampUs } from './time.js';

const none = Buffer.alloc(0);

/** What the event does not say itself. */
export interface EventDefaults {
  /** 16 bytes, used where the input names no id. */
  id: Buffer;
  /** Microseconds since 1970. */
  nowUs: number;
}

/**
 * Turns a validated input into wire fields. Throws InvalidEvent for what a schema cannot say: an address that is none, a time out of
 * range, text with lone surrogates, JSON that has no text, an organization that the scope needs.
 */
export function toWire(input: EventInput, defaults: EventDefaults): WireEvent {
  const { actor = {}, target = {} } = input;
  const scope = input.scope ?? (input.application_id ? 'application' : 'organization');
  if (scope !== 'system' && !input.organization_id)
    throw new InvalidEvent('/organization_id', `scope ${scope} needs it`);
  if (scope === 'application' && !input.application_id)
    throw new InvalidEvent('/application_id', 'scope application needs it');
  const someone = actor.id || actor.name || actor.email;
  const stateful = input.before != null || input.after != null;
  return {
    body: {
      id: input.id === undefined ? defaults.id : idBytes(input.id),
      occurred_at: input.occurred_at === undefined ? defaults.nowUs : timeUs(input.occurred_at),
      scope,
      organization_id: text('/organization_id', input.organization_id),
      application_id: text('/application_id', input.application_id),
      actor_type: actor.type ?? (someone ? 'user' : 'none'),
      actor_id: text('/actor/id', actor.id),
      action: text('/action', input.action),
      kind: input.kind ?? (stateful ? 'stateful' : 'event'),
      target_type: text('/target/type', target.type),
      target_id: text('/target/id', target.id),
      related: (input.related ?? []).map(({ type, id }, at) => ({
        type: text(`/related/${at}/type`, type),
        id: text(`/related/${at}/id`, id),
      })),
      outcome: input.outcome ?? 'success',
      reason: text('/reason', input.reason),
      auth_method: text('/auth_method', input.auth_method),
      service: text('/service', input.service),
      correlation_id: text('/correlation_id', input.correlation_id),
      request_id: text('/request_id', input.request_id),
      trace_id: text('/trace_id', input.trace_id),
      details_schema: text('/details_schema', input.details_schema),
    },
    identity: {
      actor_name: text('/actor/name', actor.name),
      actor_email: text('/actor/email', actor.email),
      target_name: text('/target/name', target.name),
      ip: ipBytes(input.ip),
      user_agent: text('/user_agent', input.user_agent),
      session_id: text('/session_id', input.session_id),
    },
    content: {
      message: text('/message', input.message),
      path: text('/path', input.path),
      details: json('/details', input.details),
      before: json('/before', input.before),
      after: json('/after', input.after),
    },
  };
}

function text(pointer: string, value: string | undefined): string {
  if (value === undefined) return '';
  if (!value.isWellFormed()) throw new InvalidEvent(pointer, 'text with a lone surrogate has no UTF-8 form');
  return value;
}

function json(pointer: string, value: unknown): string {
  if (value === undefined || value === null) return '';
  try {
    return text(pointer, JSON.stringify(value));
  } catch (error) {
    if (error instanceof InvalidEvent) throw error;
    throw new InvalidEvent(pointer, `has no JSON text: ${(error as Error).message}`);
  }
}

function idBytes(value: string): Buffer {
  const id = parseUuid(value);
  const version = id ? id[6]! >> 4 : 0;
  if (!id || (version !== 7 && version !== 8) || id[8]! >> 6 !== 2) throw new InvalidEvent('/id', 'must be a UUIDv7');
  return id;
}

function timeUs(value: string): number {
  const us = parseTimestampUs(value);
  if (us === undefined) throw new InvalidEvent('/occurred_at', 'is no RFC 3339 time');
  if (us < 0 || us >= limits.occurredAtUs) throw new InvalidEvent('/occurred_at', 'lies outside 1970–2199');
  return us;
}

function ipBytes(value: string | undefined): Buffer {
  if (value === undefined || value === '') return none;
  const bytes = addressBytes(value);
  if (!bytes) throw new InvalidEvent('/ip', `${JSON.stringify(value)} is neither an IPv4 nor an IPv6 address`);
  return bytes;
}
