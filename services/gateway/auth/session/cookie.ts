import { sha256 } from '../../../core/seal/index.js';
import { challenge } from '../challenge.js';
import { type Headers, valuesOf } from '../headers.js';

/** A cookie that scripts cannot read, written and read. */
export interface SecretCookie {
  readonly name: string;
  /** Undefined where there is no cookie. Two of them are refused: one is somebody else's. */
  read(headers: Headers): string | undefined;
  /** The value of a Set-Cookie header. */
  set(secret: string, maxAgeMs: number): string;
  clear(): string;
}

/** The session's, and beside it one that holds a sign-in by another site's page to the browser that began it. */
export interface SessionCookie extends SecretCookie {
  readonly binding: SecretCookie;
}

/**
 * The name carries the deployment: cookies do not keep ports apart, and two deployments on one machine must not sign each other out.
 * `__Host-` (RFC 6265bis §4.1.3) has browsers refuse a cookie that a sibling domain wrote; it needs https.
 */
export function createSessionCookie({ audience, secure }: { audience: string; secure: boolean }): SessionCookie {
  const name = `${secure ? '__Host-' : ''}sealstream_${sha256(audience).toString('hex').slice(0, 8)}`;
  return { ...createSecretCookie(name, secure), binding: createSecretCookie(`${name}_login`, secure) };
}

function createSecretCookie(name: string, secure: boolean): SecretCookie {
  const attributes = `Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
  return {
    name,
    read(headers) {
      const values = valuesOf(headers, 'cookie')
        .flatMap((line) => line.split(';'))
        .map((pair) => pair.trim())
        .filter((pair) => pair.startsWith(`${name}=`));
      if (values.length > 1) throw challenge(`the cookie ${name} is there more than once`, 'invalid_request');
      return values[0]?.slice(name.length + 1);
    },
    set: (secret, maxAgeMs) => `${name}=${secret}; Max-Age=${Math.floor(maxAgeMs / 1_000)}; ${attributes}`,
    clear: () => `${name}=; Max-Age=0; ${attributes}`,
  };
}
