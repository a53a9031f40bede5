import type { AnyFields, TestGateway } from './gateway.js';

/** Keeps a gateway's cookie as a browser does. Requests have no Origin unless they say one. */
export function createBrowser(gateway: TestGateway) {
  let jar: string | undefined;
  let csrf: string | undefined;
  const call = async (
    method: string,
    path: string,
    { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {},
  ) => {
    const answer = await fetch(`${gateway.url}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(jar === undefined ? {} : { cookie: `other=1; ${jar}` }),
        ...(csrf === undefined ? {} : { 'x-csrf-token': csrf }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const [set] = answer.headers.getSetCookie();
    if (set !== undefined) jar = set.includes('Max-Age=0') ? undefined : set.split(';', 1)[0];
    const text = await answer.text();
    const isJson = (answer.headers.get('content-type') ?? '').includes('json');
    const got: AnyFields = isJson ? JSON.parse(text) : { text };
    if (typeof got.csrf_token === 'string') csrf = got.csrf_token;
    return { status: answer.status, body: got, headers: answer.headers, setCookie: set };
  };
  return {
    call,
    signIn: (apiKey: string) => call('POST', '/api/session', { body: { api_key: apiKey } }),
    get cookie() {
      return jar;
    },
    set cookie(value: string | undefined) {
      jar = value;
    },
    get csrf() {
      return csrf;
    },
  };
}
