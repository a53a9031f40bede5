import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';
import type { OidcConfig } from '../../services/gateway/auth/oidc/config.js';

export const testAudience = 'https://audit.example/api';
const client = { id: 'console', secret: 'a secret: of + the console' };

/** A real OpenID provider. `claims` are what it says of whoever signs in, and of the machine client `robot`. */
export async function startOpenIdProvider(claims: () => Record<string, unknown>, redirectUri: string) {
  let tokenSeconds = 60;
  let answer: ReturnType<Provider['callback']> | undefined;
  const server = createServer((request, response) => answer!(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        redirect_uris: [redirectUri],
        grant_types: ['authorization_code'],
      },
      {
        client_id: 'robot',
        client_secret: 'robot',
        redirect_uris: [],
        response_types: [],
        grant_types: ['client_credentials'],
      },
    ],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'one' }] },
    cookies: { keys: ['signs the provider’s own cookies'] },
    conformIdTokenClaims: false,
    claims: { openid: ['sub', 'organizations', 'permissions', 'roles', 'email'] },
    findAccount: async (_: unknown, sub: string) => ({ accountId: sub, claims: async () => ({ sub, ...claims() }) }),
    extraTokenClaims: async () => claims(),
    ttl: {
      AccessToken: 60,
      ClientCredentials: () => tokenSeconds,
      Grant: 60,
      IdToken: 60,
      Interaction: 60,
      Session: 60,
    },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: async (_: unknown, audience: string) => ({
          scope: 'api',
          audience,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  });
  answer = provider.callback();

  const config: OidcConfig = {
    issuer,
    audience: testAudience,
    client: { ...client, scope: 'openid' },
    algorithms: ['RS256'],
    claims: { name: 'email', organizations: 'organizations', permissions: 'permissions', roles: 'roles' },
    mayAdminister: false,
  };
  return {
    issuer,
    config,
    /** An access token by the client credentials grant. */
    async accessToken(resource = testAudience, seconds = 60): Promise<string> {
      tokenSeconds = seconds;
      const got = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from('robot:robot').toString('base64')}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', resource, scope: 'api' }),
      });
      const body = (await got.json()) as { access_token?: string };
      if (!body.access_token) throw new Error(JSON.stringify(body));
      return body.access_token;
    },
    /** A person who signs in at the provider and agrees; where the provider sends the browser then. */
    async signIn(url: string, login: string): Promise<string> {
      const jar = new Map<string, string>();
      const go = async (
        to: string,
        form?: Record<string, string>,
      ): Promise<{ at: string; location: string | null; text: string }> => {
        const got = await fetch(to, {
          redirect: 'manual',
          headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
          ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
        });
        for (const set of got.headers.getSetCookie()) {
          const [, name, value] = /^([^=]+)=([^;]*)/.exec(set)!;
          jar.set(name!, value!);
        }
        return { at: to, location: got.headers.get('location'), text: await got.text() };
      };
      let step = await go(url);
      for (let steps = 0; steps < 20; steps += 1) {
        if (step.location) {
          const next = new URL(step.location, step.at).href;
          if (next.startsWith(redirectUri)) return next;
          step = await go(next);
          continue;
        }
        const prompt = /name="prompt" value="(\w+)"/.exec(step.text)?.[1];
        if (!prompt) throw new Error(`unexpected page at ${step.at}: ${step.text.slice(0, 500)}`);
        step = await go(step.at, prompt === 'login' ? { prompt, login, password: 'any' } : { prompt });
      }
      throw new Error('the provider does not come to an end');
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
