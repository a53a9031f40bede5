import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import Provider from 'oidc-provider';
import type { OidcConfig } from '../../services/gateway/auth/oidc/config.js';

export const testAudience = 'https://audit.example/api';
const client = { id: 'console', secret: 'a secret: of + the console' };

const makeKey = async (kid: string, alg: string): Promise<JWK> => {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), alg, use: 'sig', kid };
};

/** A real OpenID provider. `claims` are what it says of whoever signs in, and of the machine client `robot`. */
export async function startOpenIdProvider(claims: () => Record<string, unknown>, redirectUri: string) {
  let tokenSeconds = 60;
  let alg = 'RS256';
  let keys = [await makeKey('one', alg)];
  let isAway = false;
  let asked: string[] = [];
  let answer: ReturnType<Provider['callback']> | undefined;
  const server = createServer((request, response) => {
    asked.push(request.url!.split('?', 1)[0]!);
    if (isAway) request.socket.destroy();
    else answer!(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const build = () =>
    new Provider(issuer, {
      clients: [
        {
          client_id: client.id,
          client_secret: client.secret,
          id_token_signed_response_alg: alg as 'RS256',
          redirect_uris: [redirectUri],
          grant_types: ['authorization_code'],
        },
        {
          client_id: 'robot',
          client_secret: 'robot',
          id_token_signed_response_alg: alg as 'RS256',
          redirect_uris: [],
          response_types: [],
          grant_types: ['client_credentials'],
        },
      ],
      jwks: { keys },
      enabledJWA: { idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'] },
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
            jwt: { sign: { alg } },
          }),
        },
      },
    });
  answer = build().callback();

  const config: OidcConfig = {
    issuer,
    audience: testAudience,
    client: { ...client, scope: 'openid' },
    algorithms: ['RS256'],
    claims: { name: 'email', organizations: 'organizations', permissions: 'permissions', roles: 'roles' },
    roleMap: undefined,
    mayAdminister: false,
  };
  return {
    issuer,
    config,
    /** The keys that it publishes now, private parts left out. */
    publicKeys: () => keys.map(({ kty, n, e, x, y, crv, alg, kid }) => ({ kty, n, e, x, y, crv, alg, kid }) as JWK),
    /** It signs with a new key from now on; the old ones stay published where `keep` says so. */
    async rotate({ keep = true, algorithm = 'RS256' } = {}): Promise<void> {
      alg = algorithm;
      // RSA keys are told apart by their algorithm, or one would be taken for another.
      keys = [await makeKey(`key ${keys.length + 1} ${alg}`, alg), ...(keep ? keys : [])];
      answer = build().callback();
    },
    /** While it is away it breaks every connection. */
    goAway(away: boolean): void {
      isAway = away;
    },
    /** The paths that it was asked for since this was asked last. */
    takeAsked(): string[] {
      const paths = asked;
      asked = [];
      return paths;
    },
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
