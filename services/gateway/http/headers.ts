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

/** The organization that is meant, by either of the names under which clients send it. */
const organizationHeaders = ['x-organization-id', 'x-pulse-org-id'];

/** X-Organization-Id, its bytes read as UTF-8 (Node reads headers as Latin-1). Two names that say different things are refused. */
export function organizationHeader(request: Pick<FastifyRequest, 'raw'>): string | undefined {
  const given = organizationHeaders.flatMap((name) => {
    const value = singleHeader(request, name);
    return value === undefined ? [] : [{ name, value: decoded(name, value) }];
  });
  const [first, second] = given;
  if (first && second && first.value !== second.value) {
    throw new Problem('invalid-request', `the headers ${first.name} and ${second.name} name different organizations`, {
      errors: [{ parameter: second.name, detail: `must say the same as ${first.name}` }],
    });
  }
  return first?.value;
}

function decoded(name: string, value: string): string {
  const bytes = Buffer.from(value, 'latin1');
  if (value === '' || !isUtf8(bytes)) {
    throw new Problem('invalid-request', `the header ${name} is empty or not UTF-8`, {
      errors: [{ parameter: name, detail: 'must be an organization id in UTF-8' }],
    });
  }
  return bytes.toString('utf8');
}
