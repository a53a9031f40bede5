import { createRemoteJWKSet, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { messageOf, SealstreamError } from '../../../core/errors.js';
import { unavailable } from '../../errors.js';
import { challenge } from '../challenge.js';

/** What discovery says that is needed here (OpenID Connect Discovery 1.0 §3). */
export interface Endpoints {
  authorization: string;
  token: string;
}

/** An OpenID provider. Calls reject with unavailable (503) while it cannot be asked. */
export interface Provider {
  /** The claims of a token that it signed; rejects with unauthenticated. */
  verify(token: string, options: { audience: string }): Promise<JWTPayload>;
  endpoints(): Promise<Endpoints>;
  /** Redeems an authorization code; the ID token's text. */
  redeem(form: Record<string, string>, headers: Record<string, string>): Promise<string>;
}

interface Discovered {
  endpoints: Endpoints;
  keys: ReturnType<typeof createRemoteJWKSet>;
}

const timeoutMs = 5_000;
const failurePauseMs = 2_000;
const discoveryMs = 3_600_000;
const maxAnswerBytes = 262_144;
/** How far our clocks may be apart. */
const clockToleranceSeconds = 30;
/** What the token itself is to blame for; anything else is the provider's absence. */
const tokenFault = /^ERR_(JWT|JWS)_|^ERR_JWKS_(NO_MATCHING|MULTIPLE_MATCHING)|^ERR_JOSE_(ALG|NOT_SUPPORTED)/;

const away = (detail: string, cause?: unknown) =>
  unavailable('oidc', `the OpenID provider cannot be asked now: ${detail}`, cause === undefined ? {} : { cause });

export function createProvider({
  issuer,
  algorithms,
  now = () => performance.now(),
}: {
  issuer: string;
  algorithms: string[];
  now?: () => number;
}): Provider {
  let known: { at: number; discovered: Promise<Discovered> } | undefined;

  const discover = async (): Promise<Discovered> => {
    const found = await readJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
    // OpenID Connect Discovery 1.0 §4.3: or another issuer's keys would count as this one's.
    if (found.issuer !== issuer)
      throw away(`discovery names the issuer ${JSON.stringify(found.issuer)}, not ${issuer}`);
    const url = (name: string): string => {
      const value = found[name];
      if (typeof value !== 'string' || !URL.canParse(value)) throw away(`discovery has no ${name}`);
      return value;
    };
    const keys = createRemoteJWKSet(new URL(url('jwks_uri')), { timeoutDuration: timeoutMs });
    return { endpoints: { authorization: url('authorization_endpoint'), token: url('token_endpoint') }, keys };
  };

  const discovered = (): Promise<Discovered> => {
    if (known && now() - known.at < discoveryMs) return known.discovered;
    const entry = { at: now(), discovered: discover() };
    known = entry;
    entry.discovered.catch(() => {
      // Not asked again at once: whoever sends tokens must not make us hammer a provider that is down.
      entry.at = now() - discoveryMs + failurePauseMs;
    });
    return entry.discovered;
  };

  return {
    endpoints: async () => (await discovered()).endpoints,
    async verify(token, { audience }) {
      const { keys } = await discovered();
      const options: JWTVerifyOptions = {
        issuer,
        audience,
        algorithms,
        requiredClaims: ['sub', 'exp'],
        clockTolerance: clockToleranceSeconds,
      };
      try {
        return (await jwtVerify(token, keys, options)).payload;
      } catch (error) {
        const { code = '' } = error as { code?: string };
        if (tokenFault.test(code)) throw challenge(`the token does not count: ${messageOf(error)}`, 'invalid_token');
        throw away(messageOf(error), error);
      }
    },
    async redeem(form, headers) {
      const { token } = (await discovered()).endpoints;
      const answer = await readJson(token, {
        method: 'POST',
        body: new URLSearchParams(form),
        headers: { accept: 'application/json', ...headers },
      });
      if (typeof answer.id_token === 'string') return answer.id_token;
      throw challenge('the OpenID provider gave no ID token; the scope must hold openid', 'invalid_token');
    },
  };
}

async function readJson(url: string, init: RequestInit = {}): Promise<Record<string, unknown>> {
  let status: number;
  let text: string;
  try {
    // What is sent may hold a secret, so it is not sent on to wherever a redirect says.
    const answer = await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
    status = answer.status;
    text = await answer.text();
  } catch (error) {
    throw away(`${new URL(url).origin} does not answer`, error);
  }
  if (status >= 500) throw away(`it answers ${status}`);
  let json: unknown;
  try {
    if (text.length > maxAnswerBytes) throw new SealstreamError('oidc', 'too long');
    json = JSON.parse(text);
  } catch (error) {
    throw away('its answer is no JSON of a sensible size', error);
  }
  if (status >= 400) {
    const { error = status } = (json ?? {}) as { error?: unknown };
    throw challenge(`the OpenID provider refuses: ${String(error).slice(0, 100)}`, 'invalid_token');
  }
  if (typeof json !== 'object' || json === null) throw away('its answer is no JSON object');
  return json as Record<string, unknown>;
}
