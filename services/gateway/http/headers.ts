import { isUtf8 } from 'node:buffer';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../errors.js';

/**
 * The one value of a header, undefined when it is absent. Sent twice it is refused: two proxies may each take another one for the
 * truth.
 */
export function singleHeader({ raw }: Pick<FastifyRequest, 'raw'>, name: string): string | undefined {
  const values = raw.headersDistinct[name] ?? [];
  if (values.length > 1) {
    throw new Problem('invalid-request', `the header ${name} is there ${values.length} times`, {
      errors: [{ parameter: name, detail: 'may be there once' }],
    });
  }
  return values[0];
}

/** X-Organization-Id, its bytes read as UTF-8 (Node reads headers as Latin-1). */
export function organizationHeader(request: Pick<FastifyRequest, 'raw'>): string | undefined {
  const value = singleHeader(request, 'x-organization-id');
  if (value === undefined) return undefined;
  const bytes = Buffer.from(value, 'latin1');
  if (value === '' || !isUtf8(bytes)) {
    throw new Problem('invalid-request', 'the header X-Organization-Id is empty or not UTF-8', {
      errors: [{ parameter: 'x-organization-id', detail: 'must be an organization id in UTF-8' }],
    });
  }
  return bytes.toString('utf8');
}
