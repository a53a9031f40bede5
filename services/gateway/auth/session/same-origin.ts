import { createHash, timingSafeEqual } from 'node:crypto';
import { Problem } from '../../errors.js';
import { type Headers, valuesOf } from '../headers.js';

/** What stands between a session's cookie, which browsers send along whoever made the request, and other sites. */
export interface SameOrigin {
  /** The console's own origin, as the browser sees it. */
  own(headers: Headers): string;
  /**
   * Throws cross-site (403) where Origin names another one, or is absent although it is required; and, of what changes something, where
   * the browser says in Sec-Fetch-Site that another site asks.
   */
  check(headers: Headers, how?: { required?: boolean; changes?: boolean }): void;
}

/** Without a public URL the gateway is asked directly, over http, by the name in Host. */
export function createSameOrigin({ publicUrl }: { publicUrl: URL | undefined }): SameOrigin {
  const own = (headers: Headers): string => publicUrl?.origin ?? `http://${valuesOf(headers, 'host')[0] ?? ''}`;
  return {
    own,
    check(headers, { required = false, changes = true } = {}) {
      const site = valuesOf(headers, 'sec-fetch-site');
      if (changes && site.some((value) => value !== 'same-origin' && value !== 'none')) {
        throw new Problem('cross-site', `the browser says that another site asks: Sec-Fetch-Site ${site.join(', ')}`, {
          errors: [{ parameter: 'sec-fetch-site', detail: 'must be same-origin' }],
        });
      }
      const origins = valuesOf(headers, 'origin');
      if (origins.length === 0 && !required) return;
      const wanted = own(headers);
      if (origins.length === 1 && origins[0] === wanted) return;
      const given = origins.length === 0 ? 'no Origin' : `Origin ${JSON.stringify(origins.join(', '))}`;
      throw new Problem('cross-site', `a request of a session has ${given}, but the console is at ${wanted}`, {
        errors: [{ parameter: 'origin', detail: `must be ${wanted} (behind a proxy: SEALSTREAM_PUBLIC_URL)` }],
      });
    },
  };
}

export const csrfHeader = 'x-csrf-token';

/** Belongs to one session, and tells nothing of its secret; so it is stored nowhere. */
export const csrfTokenOf = (secret: string): string =>
  createHash('sha256').update('sealstream csrf\0').update(secret).digest('base64url');

/** Throws cross-site (403) unless the header X-CSRF-Token holds the session's token. */
export function checkCsrfToken(headers: Headers, secret: string): void {
  const given = valuesOf(headers, csrfHeader);
  const [wanted, sent] = [Buffer.from(csrfTokenOf(secret)), Buffer.from(given[0] ?? '')];
  if (given.length === 1 && wanted.length === sent.length && timingSafeEqual(wanted, sent)) return;
  throw new Problem('cross-site', 'a change by a session needs the header X-CSRF-Token, as GET /api/session gives it', {
    errors: [{ parameter: csrfHeader, detail: 'must be csrf_token of GET /api/session' }],
  });
}
