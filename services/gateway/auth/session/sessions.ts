import type { Redis } from 'ioredis';
import { Problem } from '../../errors.js';
import type { AuthMethod } from '../actor.js';
import type { Caller } from '../caller.js';
import { challenge } from '../challenge.js';
import type { Headers } from '../headers.js';
import type { CredentialSource, Sources } from '../sources.js';
import { createSessionCookie, type SessionCookie } from './cookie.js';
import { checkCsrfToken, createSameOrigin, csrfTokenOf, type SameOrigin } from './same-origin.js';
import { createSecretStore } from './secret-store.js';

export interface SessionLimits {
  /** A session that is not used for so long ends. */
  idleMs: number;
  /** And every session after so long. */
  absoluteMs: number;
}

/** What is stored of a session. */
interface Stored {
  source: CredentialSource;
  /** How it began; of sessions that an older gateway began it is not known. */
  method?: AuthMethod;
  organization: string | null;
  expiresAtMs: number;
}

/** Sessions of browsers, known by a cookie. */
export interface Sessions {
  readonly cookie: SessionCookie;
  readonly sameOrigin: SameOrigin;
  /** Always under a new secret, whatever cookie the browser had; that one's session ends. `cookie` is the Set-Cookie header. */
  begin(
    source: CredentialSource,
    headers: Headers,
    method?: AuthMethod,
  ): Promise<{ caller: Caller; cookie: string; csrfToken: string }>;
  /**
   * Who the cookie is, undefined where there is none. Rejects with unauthenticated, or cross-site where another site may have made the
   * request: changes need the CSRF token, and upgrades, which no browser guards, an Origin.
   */
  find(headers: Headers, method: string): Promise<Caller | undefined>;
  /** The caller of a session that is known by its id; rejects with unauthenticated once it has ended. */
  ofId(id: string): Promise<Caller>;
  /** The session's default organization; null for none. The caller must be permitted it. */
  choose(headers: Headers, organization: string | null): Promise<void>;
  end(headers: Headers): Promise<void>;
  /** What changes by the session of the cookie must send; undefined where there is no cookie. */
  csrfToken(headers: Headers): string | undefined;
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

export function createSessions({
  redis,
  audience,
  sources,
  publicUrl,
  limits: { idleMs, absoluteMs },
  now = Date.now,
}: {
  redis: Redis;
  audience: string;
  sources: Sources;
  publicUrl: URL | undefined;
  limits: SessionLimits;
  now?: () => number;
}): Sessions {
  const store = createSecretStore<Stored>({ redis, audience, kind: 'session' });
  const cookie = createSessionCookie({ audience, secure: publicUrl?.protocol === 'https:' });
  const sameOrigin = createSameOrigin({ publicUrl });

  const held = (stored: Stored | undefined): Stored => {
    if (stored && now() < stored.expiresAtMs) return stored;
    throw challenge('the session has ended; sign in again', 'invalid_token');
  };

  const callerOf = async (
    id: string,
    { source, method = 'session', organization, expiresAtMs }: Stored,
  ): Promise<Caller> => {
    const caller = await sources.of(source);
    const endsAtMs = Math.min(expiresAtMs, caller.expiresAtMs ?? Number.POSITIVE_INFINITY);
    return {
      ...caller,
      kind: caller.kind === 'auditor' ? 'auditor' : 'session',
      method: caller.kind === 'auditor' ? 'auditor_link' : method,
      organization: organization ?? undefined,
      session: { id, expiresAtMs: endsAtMs },
    };
  };

  const end = async (headers: Headers): Promise<void> => {
    const secret = cookie.read(headers);
    if (secret !== undefined) await store.remove(secret);
  };

  return {
    cookie,
    sameOrigin,
    end,
    async begin(source, headers, method = 'session') {
      await end(headers);
      const stored: Stored = { source, method, organization: null, expiresAtMs: now() + absoluteMs };
      const secret = await store.put(stored, Math.min(idleMs, absoluteMs));
      const caller = await callerOf(store.idOf(secret), stored);
      return { caller, cookie: cookie.set(secret, absoluteMs), csrfToken: csrfTokenOf(secret) };
    },
    async find(headers, method) {
      const secret = cookie.read(headers);
      if (secret === undefined) return undefined;
      const isStream = headers.upgrade !== undefined;
      const isChange = !safeMethods.has(method);
      // Not every browser counts ws: and http: as the same site; of streams the Origin tells.
      sameOrigin.check(headers, { required: isStream, changes: isChange });
      // A stream that is open is no sign that anybody sits before it.
      const stored = held(await (isStream ? store.get(secret) : store.touch(secret, idleMs)));
      if (isChange) checkCsrfToken(headers, secret);
      return callerOf(store.idOf(secret), stored);
    },
    ofId: async (id) => callerOf(id, held(await store.getById(id))),
    csrfToken(headers) {
      const secret = cookie.read(headers);
      return secret === undefined ? undefined : csrfTokenOf(secret);
    },
    async choose(headers, organization) {
      const secret = cookie.read(headers);
      if (secret === undefined) throw new Problem('conflict', 'only a session has an organization of its own');
      const stored = held(await store.get(secret));
      await store.replace(secret, { ...stored, organization });
    },
  };
}
