import type { IncomingMessage } from 'node:http';
import { type Authenticator, type Caller, checkPermission, may } from '../auth/caller.js';
import { Problem } from '../errors.js';

/** What a peer sends that cannot send headers: an API key or a provider's token, or a ticket of one. */
export type Secret = { key: string } | { ticket: string };

/** Who is at the other end, and a way to ask whether that still holds. */
export interface Credential {
  readonly caller: Caller;
  /** Rejects with unauthenticated once it was revoked or has expired. */
  again(): Promise<Caller>;
}

/** Rejects with a Problem: unauthenticated, unavailable. */
export interface Credentials {
  ofHeaders(request: Pick<IncomingMessage, 'headersDistinct'>): Promise<Credential>;
  ofSecret(secret: Secret): Promise<Credential>;
  /** Of a caller that the door let in. */
  ofCaller(caller: Caller, ask: () => Promise<Caller>): Credential;
}

export function createCredentials({ authenticator }: { authenticator: Authenticator }): Credentials {
  // By what is known of the caller where that can be: asking by a cookie would count as using the session.
  const ofCaller: Credentials['ofCaller'] = (caller, ask) => ({
    caller,
    again: () => authenticator.again?.(caller) ?? ask(),
  });
  return {
    ofCaller,
    async ofHeaders({ headersDistinct }) {
      const ask = () => authenticator.ofHeaders(headersDistinct);
      return ofCaller(await ask(), ask);
    },
    async ofSecret(secret) {
      if ('ticket' in secret) {
        if (!authenticator.ofTicket) throw new Problem('unauthenticated', 'no tickets are known here');
        return authenticator.ofTicket(secret.ticket);
      }
      const ask = () => authenticator.ofKey(secret.key);
      return ofCaller(await ask(), ask);
    },
  };
}

/** Throws forbidden where the caller may see no events. */
export function checkMayStream(caller: Caller): void {
  if (!may(caller, 'view:system_audit_logs')) checkPermission(caller, 'view:audit_logs');
}

/** When it ends by the clock; Infinity where it does not. */
export const expiryOf = ({ session, expiresAtMs }: Caller): number =>
  Math.min(session?.expiresAtMs ?? Number.POSITIVE_INFINITY, expiresAtMs ?? Number.POSITIVE_INFINITY);

/** Callers with equal keys hold the same credential: what became of it need be asked only once. */
export const credentialKey = ({ session, source, keyId }: Caller): string =>
  session?.id ?? (source ? JSON.stringify(source) : keyId);

/** Callers with equal rights see the same events. */
export const rightsOf = ({ organizations, permissions }: Caller): string =>
  JSON.stringify([organizations === '*' ? '*' : [...organizations].sort(), [...permissions].sort()]);
