import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { sha256 } from '../../../core/seal/index.js';
import { Problem } from '../../errors.js';
import { challenge } from '../challenge.js';
import { createSecretStore } from '../session/secret-store.js';
import { type OidcSource, sourceOfClaims } from './claims.js';
import type { OidcConfig } from './config.js';
import { createProvider } from './provider.js';

/** Sign-in by an OpenID provider. */
export interface Oidc {
  /** Of an access token, sent as a bearer token. */
  ofToken(token: string): Promise<OidcSource>;
  /** Where to send a browser that is to sign in, and what it must bring back in a cookie. */
  start(redirectUri: string, returnTo: string): Promise<{ url: string; binding: string }>;
  /** What came back. Works once, and only in the browser that began. */
  finish(callback: Callback): Promise<{ source: OidcSource; returnTo: string }>;
}

export interface Callback {
  redirectUri: string;
  binding: string | undefined;
  code: string | undefined;
  state: string | undefined;
  issuer: string | undefined;
  error: string | undefined;
}

interface Begun {
  verifier: string;
  nonce: string;
  bindingHash: string;
  redirectUri: string;
  returnTo: string;
}

export const loginMs = 10 * 60_000;
const secret = (): string => randomBytes(32).toString('base64url');
const hashOf = (text: string): string => sha256(text).toString('base64url');
const failed = (detail: string) => challenge(`sign-in failed: ${detail}; begin again`, 'invalid_token');

export function createOidc({
  redis,
  audience: deployment,
  config,
  sessionMs,
  now = Date.now,
}: {
  redis: Redis;
  audience: string;
  config: OidcConfig;
  /** How long a session lasts that an ID token begins: the token itself is for the beginning only. */
  sessionMs: number;
  now?: () => number;
}): Oidc {
  const { issuer, algorithms, audience, client } = config;
  const provider = createProvider({ issuer, algorithms });
  const logins = createSecretStore<Begun>({ redis, audience: deployment, kind: 'oidc' });
  const configured = () => {
    if (client) return client;
    throw new Problem('not-found', 'browsers do not sign in by OpenID here: SEALSTREAM_OIDC_CLIENT_ID is not set');
  };

  const redeem = async (code: string, begun: Begun): Promise<OidcSource> => {
    const { id, secret: clientSecret } = configured();
    const form = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: begun.redirectUri,
      code_verifier: begun.verifier,
      ...(clientSecret === undefined ? { client_id: id } : {}),
    };
    // RFC 6749 §2.3.1: both are form-encoded before they are joined.
    const basic = clientSecret === undefined ? '' : [id, clientSecret].map(encodeURIComponent).join(':');
    const headers = basic === '' ? {} : { authorization: `Basic ${Buffer.from(basic).toString('base64')}` };
    const claims = await provider.verify(await provider.redeem(form, headers as Record<string, string>), {
      audience: id,
    });
    if (claims.nonce !== begun.nonce) throw failed('the ID token was made for another sign-in');
    if (claims.azp !== undefined && claims.azp !== id) throw failed('the ID token was made for another client');
    return sourceOfClaims(claims, config, now() + sessionMs);
  };

  return {
    async ofToken(token) {
      if (audience === undefined) throw challenge('access tokens do not count here; send an API key', 'invalid_token');
      const claims = await provider.verify(token, { audience });
      return sourceOfClaims(claims, config, claims.exp * 1_000);
    },
    async start(redirectUri, returnTo) {
      const { id, scope } = configured();
      const { authorization } = await provider.endpoints();
      const [verifier, nonce, binding] = [secret(), secret(), secret()];
      const state = await logins.put({ verifier, nonce, bindingHash: hashOf(binding), redirectUri, returnTo }, loginMs);
      const url = new URL(authorization);
      const query = {
        response_type: 'code',
        client_id: id,
        redirect_uri: redirectUri,
        scope,
        state,
        nonce,
        code_challenge: hashOf(verifier),
        code_challenge_method: 'S256',
      };
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
      return { url: url.href, binding };
    },
    async finish({ binding, code, state, issuer: from, error }) {
      configured();
      const begun = state === undefined ? undefined : await logins.take(state);
      if (!begun) throw failed('it was not begun here, or too long ago');
      // Or somebody could have another one's browser finish a sign-in of his own.
      if (binding === undefined || hashOf(binding) !== begun.bindingHash) throw failed('another browser began it');
      // RFC 9207: or one provider could pass on what another one gave.
      if (from !== undefined && from !== issuer) throw failed('another provider answers');
      if (error !== undefined) throw failed(`the provider says ${JSON.stringify(error.slice(0, 100))}`);
      if (code === undefined) throw failed('there is no code');
      return { source: await redeem(code, begun), returnTo: begun.returnTo };
    },
  };
}
