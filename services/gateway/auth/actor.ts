import type { ActorType } from '../../core/wire/symbols.js';
import type { Caller } from './caller.js';

/** By what a caller proved who it is, as events about it say. */
export type AuthMethod = 'api_token' | 'oidc' | 'session' | 'one_time_link' | 'auditor_link';

const actorTypes = { api_key: 'api_token', oidc: 'oidc', auditor: 'user' } as const satisfies Record<string, ActorType>;

/** The caller as the actor of an event: what its id names, and by what credential it came in. */
export function actorOf({ keyId: id, name, source, method = 'api_token' }: Caller): {
  actor: { type: ActorType; id: string; name: string };
  auth_method: AuthMethod;
} {
  return { actor: { type: actorTypes[source?.kind ?? 'api_key'], id, name }, auth_method: method };
}

/** The caller as the target of an event. */
export const targetOf = ({ keyId: id, name, source }: Caller): { type: string; id: string; name: string } => ({
  type: { api_key: 'api_key', oidc: 'user', auditor: 'auditor_link' }[source?.kind ?? 'api_key'],
  id,
  name,
});
