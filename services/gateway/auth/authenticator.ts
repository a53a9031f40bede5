import type { Authenticator, Caller } from './caller.js';
import { challenge } from './challenge.js';
import { type Headers, headerCredential } from './headers.js';
import type { Oidc } from './oidc/oidc.js';
import type { Sessions } from './session/sessions.js';
import type { Tickets } from './session/tickets.js';
import type { Sources } from './sources.js';

/** RFC 7515 §7.1. */
const compactJwt = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** The credential is one key, `Authorization: Bearer KEY` or `X-API-Key: KEY`; where there is none, a browser's session. A bearer may be a provider's token instead. */
export function createAuthenticator({
  sources,
  sessions,
  tickets,
  oidc,
}: {
  sources: Sources;
  sessions?: Pick<Sessions, 'find' | 'ofId'>;
  tickets?: Pick<Tickets, 'redeem'>;
  oidc?: Pick<Oidc, 'ofToken'> | undefined;
}): Authenticator {
  const ofText = async (text: string): Promise<Caller> =>
    oidc && compactJwt.test(text) ? sources.of(await oidc.ofToken(text)) : sources.ofKey(text);
  return {
    ofKey: ofText,
    async ofHeaders(headers: Headers, method = 'GET'): Promise<Caller> {
      const given = headerCredential(headers);
      // Browsers send the cookie by themselves; a key was put there on purpose.
      if (given) return given.kind === 'bearer' ? ofText(given.text) : sources.ofKey(given.text);
      const caller = await sessions?.find(headers, method);
      if (caller) return caller;
      throw challenge('send an API key as "Authorization: Bearer sk_…" or "X-API-Key: sk_…", or sign in');
    },
    async again({ session, source }) {
      if (session && sessions) return sessions.ofId(session.id);
      if (source) return sources.of(source);
      throw challenge('this credential cannot be asked about again', 'invalid_token');
    },
    async ofTicket(ticket) {
      const again = await tickets?.redeem(ticket);
      if (!again) throw challenge('the ticket is unknown, used or expired', 'invalid_token');
      return { caller: await again(), again };
    },
  };
}
