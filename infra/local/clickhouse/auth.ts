import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { FrontError } from './errors.js';

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Takes the credentials of a request as ClickHouse does: headers, Basic authorization, or parameters, but never two of them. */
function presented({
  request,
  params,
}: {
  request: IncomingMessage;
  params: URLSearchParams;
}): Credentials | undefined {
  const user = request.headers['x-clickhouse-user'];
  const key = request.headers['x-clickhouse-key'];
  const authorization = request.headers.authorization;
  const ways = [user ?? key, authorization, params.get('user') ?? params.get('password')].filter((way) => way != null);
  if (ways.length > 1) {
    throw refused(
      'Invalid authentication: use one of the X-ClickHouse headers, the Authorization header, or the parameters.',
    );
  }
  if (user !== undefined || key !== undefined) return { user: String(user ?? 'default'), password: String(key ?? '') };
  if (authorization !== undefined) return basic(authorization);
  if (ways.length === 0) return undefined;
  return { user: params.get('user') ?? 'default', password: params.get('password') ?? '' };
}

function basic(authorization: string): Credentials {
  const encoded = /^Basic\s+([A-Za-z0-9+/=]+)$/i.exec(authorization)?.[1];
  if (encoded === undefined) throw refused('Invalid authentication: only the Basic authorization scheme is supported.');
  const decoded = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return colon < 0
    ? { user: decoded, password: '' }
    : { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

const refused = (message: string): FrontError => new FrontError(516, 'AUTHENTICATION_FAILED', message);

export type Authenticate = (request: IncomingMessage, params: URLSearchParams) => void;

/**
 * Checks a request's credentials against the one user of this front, in a time that tells nothing of either.
 * Throws REQUIRED_PASSWORD where there are none and AUTHENTICATION_FAILED where they are wrong.
 */
export function createAuthenticator({ user, password }: Credentials): Authenticate {
  const expectedUser = digest(user);
  const expectedPassword = digest(password);
  return (request, params) => {
    const credentials = presented({ request, params });
    if (credentials === undefined) {
      throw new FrontError(194, 'REQUIRED_PASSWORD', 'A user and a password are required.');
    }
    const sameUser = timingSafeEqual(digest(credentials.user), expectedUser);
    const samePassword = timingSafeEqual(digest(credentials.password), expectedPassword);
    if (sameUser && samePassword) return;
    throw refused(
      `${credentials.user}: Authentication failed: password is incorrect, or there is no user with such name.`,
    );
  };
}
