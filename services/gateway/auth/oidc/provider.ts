import { type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { messageOf } from '../../../core/errors.js';
import { challenge } from '../challenge.js';
import { away, readJson } from './fetch.js';
import { createKeySet, defaultTrustTimes, type KeySet, type TrustTimes } from './key-set.js';

/** What discovery says that is needed here (OpenID Connect Discovery 1.0 §3). */
export interface Endpoints {
  authorization: string;
  token: string;
}

/**
 * An OpenID provider. What it published is believed for a day while it is away; calls reject with unavailable (503) where it must be
 * asked and cannot be.
 */
export interface Provider {
  /** The claims of a token that it signed; rejects with unauthenticated. */
  verify(token: string, options: { audience: string }): Promise<JWTPayload & { sub: string; exp: number }>;
  endpoints(): Promise<Endpoints>;
  /** Redeems an authorization code; the ID token's text. */
  redeem(form: Record<string, string>, headers: Record<string, string>): Promise<string>;
}

interface Discovered {
  at: number;
  endpoints: Endpoints;
  keysAt: string;
  keys: KeySet;
}

const discoveryMs = 3_600_000;
/** How far our clocks may be apart. */
const clockToleranceSeconds = 30;
/** What the token itself is to blame for; anything else is the provider's absence. */
const tokenFault = /^ERR_(JWT|JWS)_|^ERR_JWKS_(NO_MATCHING|MULTIPLE_MATCHING)|^ERR_JOSE_(ALG|NOT_SUPPORTED)/;

export function createProvider({
  issuer,
  algorithms,
  times = defaultTrustTimes,
  now = () => performance.now(),
}: {
  issuer: string;
  algorithms: string[];
  times?: TrustTimes;
  now?: () => number;
}): Provider {
  let known: Discovered | undefined;
  let asking: Promise<Discovered> | undefined;
  let failed: { at: number; error: unknown } | undefined;

  const discover = async (): Promise<Discovered> => {
    const began = now();
    const found = await readJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
    // OpenID Connect Discovery 1.0 §4.3: or another issuer's keys would count as this one's.
    if (found.issuer !== issuer) {
      throw away(`discovery names the issuer ${JSON.stringify(found.issuer)}, not ${issuer}`);
    }
    const url = (name: string): string => {
      const value = found[name];
      if (typeof value !== 'string' || !URL.canParse(value)) throw away(`discovery has no ${name}`);
      return value;
    };
    const keysAt = url('jwks_uri');
    const keys = known?.keysAt === keysAt ? known.keys : createKeySet({ uri: keysAt, times, now });
    if (keys !== known?.keys) await keys.load().catch((error) => Promise.reject(away(messageOf(error), error)));
    const endpoints = { authorization: url('authorization_endpoint'), token: url('token_endpoint') };
    return { at: began, endpoints, keysAt, keys };
  };

  /** One attempt for all who ask meanwhile, and none shortly after one failed. */
  const attempt = (): Promise<Discovered> => {
    if (failed && now() - failed.at < times.failurePauseMs) return Promise.reject(failed.error);
    asking ??= discover()
      .then(
        (found) => {
          known = found;
          failed = undefined;
          return found;
        },
        (error) => {
          failed = { at: now(), error };
          throw error;
        },
      )
      .finally(() => {
        asking = undefined;
      });
    return asking;
  };

  const discovered = async (): Promise<Discovered> => {
    const ageMs = known ? now() - known.at : Number.POSITIVE_INFINITY;
    if (!known || ageMs > times.trustMs) return attempt();
    if (ageMs > discoveryMs) attempt().catch(() => {});
    return known;
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
        const { payload } = await jwtVerify(token, keys.find, options);
        const { sub, exp } = payload;
        if (typeof sub === 'string' && sub !== '' && exp !== undefined) return { ...payload, sub, exp };
      } catch (error) {
        const { code = '' } = error as { code?: string };
        if (tokenFault.test(code)) throw challenge(`the token does not count: ${messageOf(error)}`, 'invalid_token');
        throw away(messageOf(error), error);
      }
      throw challenge('the token does not count: it names nobody', 'invalid_token');
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
