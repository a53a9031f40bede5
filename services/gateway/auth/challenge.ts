import { Problem } from '../errors.js';

/** 401. RFC 6750 §3: without a credential the challenge names no error. */
export const challenge = (detail: string, error?: 'invalid_token' | 'invalid_request'): Problem =>
  new Problem('unauthenticated', detail, {
    headers: { 'www-authenticate': `Bearer realm="sealstream"${error ? `, error="${error}"` : ''}` },
  });
