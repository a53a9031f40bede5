import type { WireContent, WireEvent } from '../wire/event.js';
import { formatUuid } from '../wire/uuid.js';
import { addressText } from './address.js';
import { formatTimestampUs } from './time.js';

/** An event as answers show it. Absent fields are left out. */
export interface EventView {
  id: string;
  occurred_at: string;
  scope: string;
  organization_id?: string;
  application_id?: string;
  actor: { type: string; id?: string; name?: string; email?: string };
  action: string;
  category: string;
  kind: string;
  target?: { type?: string; id?: string; name?: string };
  related?: { type: string; id: string }[];
  outcome: string;
  reason?: string;
  auth_method?: string;
  service?: string;
  correlation_id?: string;
  request_id?: string;
  trace_id?: string;
  details_schema?: string;
  ip?: string;
  user_agent?: string;
  session_id?: string;
  message?: string;
  path?: string;
  details?: unknown;
  before?: unknown;
  after?: unknown;
  /** Parts that were erased: `identity`, `content`. */
  erased?: readonly string[];
}

/** The fields that say something. */
const present = <T extends Record<string, unknown>>(fields: T): Partial<T> =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== '' && !(Array.isArray(value) && value.length === 0)),
  ) as Partial<T>;

/** JSON text as a value; text that is no JSON (a client's own batch may carry it) as it is. */
function parsed(jsonText: string): unknown {
  try {
    return JSON.parse(jsonText);
  } catch {
    return jsonText;
  }
}

/** Those that are there: `[]` and `""` are values as any other. */
const documents = (content: WireContent): Partial<Pick<EventView, 'details' | 'before' | 'after'>> =>
  Object.fromEntries(
    (['details', 'before', 'after'] as const)
      .filter((name) => content[name] !== '')
      .map((name) => [name, parsed(content[name])]),
  );

export function viewOf({ body, identity, content, erased }: WireEvent): EventView {
  const target = present({ type: body.target_type, id: body.target_id, name: identity.target_name });
  return {
    id: formatUuid(body.id),
    occurred_at: formatTimestampUs(body.occurred_at),
    scope: body.scope,
    ...present({ organization_id: body.organization_id, application_id: body.application_id }),
    actor: {
      type: body.actor_type,
      ...present({ id: body.actor_id, name: identity.actor_name, email: identity.actor_email }),
    },
    action: body.action,
    category: body.action.split('.', 1)[0]!,
    kind: body.kind,
    ...(Object.keys(target).length > 0 ? { target } : {}),
    ...present({ related: body.related.map(({ type, id }) => ({ type, id })) }),
    outcome: body.outcome,
    ...present({
      reason: body.reason,
      auth_method: body.auth_method,
      service: body.service,
      correlation_id: body.correlation_id,
      request_id: body.request_id,
      trace_id: body.trace_id,
      details_schema: body.details_schema,
      ip: addressText(identity.ip),
      user_agent: identity.user_agent,
      session_id: identity.session_id,
      message: content.message,
      path: content.path,
    }),
    ...documents(content),
    ...(erased ? { erased } : {}),
  } as EventView;
}
