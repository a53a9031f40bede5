/** What the gateway answers, as its OpenAPI description has it, as far as more than one page reads it. */

export type Scope = 'system' | 'organization' | 'application';
export type ActorType = 'none' | 'user' | 'service' | 'api_token' | 'oidc' | 'system' | 'anonymous';
export const outcomes = ['success', 'failure', 'denied', 'validation_failed', 'partial'] as const;
export type Outcome = (typeof outcomes)[number];

/** Members that say nothing are left out. */
export interface AuditEvent {
  id: string;
  occurred_at: string;
  recorded_at: string;
  scope: Scope;
  organization_id?: string;
  application_id?: string;
  actor: { type: ActorType; id?: string; name?: string; email?: string };
  action: string;
  category: string;
  kind: 'event' | 'stateful';
  target?: { type?: string; id?: string; name?: string };
  related?: { type: string; id: string }[];
  outcome: Outcome;
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
  /** Parts that an erasure took out: identity, content. */
  erased?: string[];
  /** Whether the details are as the catalogue has them; of one event asked for by its id. */
  details_check?: { schema: string; valid: boolean; errors?: { pointer: string; detail: string }[] };
}

export interface EventList {
  events: AuditEvent[];
  next_cursor: string | null;
  persistentLogging: boolean;
}

export interface Facet {
  total: number;
  values: { value: string; count: number; label?: string }[];
  other: number;
  none: number;
  distinct: number;
}

export interface Facets {
  facets: Record<string, Facet>;
}

export interface Timeseries {
  interval: string;
  interval_seconds: number;
  from: string | null;
  to: string | null;
  total: number;
  buckets: { start: string; count: number }[];
  series?: { value: string; total: number; counts: number[] }[];
  other?: number[];
}

export const permissions = [
  'view:audit_logs',
  'view:system_audit_logs',
  'view:owner_events',
  'export:audit_logs',
  'write:events',
  'verify',
  'manage:alerts',
  'manage:keys',
  'admin',
] as const;
export type Permission = (typeof permissions)[number];

export interface Session {
  kind: 'api_key' | 'session' | 'auditor' | 'oidc';
  name: string;
  organizations: '*' | string[];
  permissions: Permission[];
  organization: string | null;
  expires_at: string | null;
  csrf_token: string | null;
}

export interface Organization {
  id: string;
  name: string;
}

export interface SignInWays {
  api_key: boolean;
  link: boolean;
  oidc: boolean;
}
