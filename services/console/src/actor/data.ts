import type { AuditEvent, Facet, Outcome } from '../api/types.js';

export interface Sighting {
  events: number;
  failures: number;
  first_at: string;
  last_at: string;
}

export interface Sightings<T> {
  values: (T & Sighting)[];
  distinct: number;
}

export interface Actor extends Sighting {
  actor: string;
  identities: Sightings<{ type: string; id: string; email: string; name: string }>;
  addresses: Sightings<{ ip: string; country?: string }>;
  user_agents: Sightings<{ user_agent: string }>;
  hours: { timezone: string; counts: number[][] };
  actions: Facet;
  outcomes: Partial<Record<Outcome, number>>;
  recent_failures: AuditEvent[];
}
