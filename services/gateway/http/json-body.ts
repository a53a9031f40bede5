import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from '../errors.js';
import { nestsDeeperThan } from './json-nesting.js';

/** Deeper than any body needs; the parser takes a second for a body of brackets alone. */
const maxNesting = 128;

declare module 'fastify' {
  interface FastifyRequest {
    /** The body's bytes, of routes that take one. */
    rawBody: Buffer | undefined;
  }
}

/**
 * JSON bodies, parsed by the engine alone: a member named `__proto__` is a member like any other and meets the schema. The bytes stay
 * at hand, because what a caller logs is kept to the byte.
 */
export function registerJsonBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.decorateRequest('rawBody', undefined);
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, bytes: Buffer) => {
      request.rawBody = bytes;
      if (bytes.length === 0) throw new Problem('malformed-json', 'the body is empty');
      if (!isUtf8(bytes)) throw new Problem('malformed-json', 'the body is not UTF-8');
      if (nestsDeeperThan(maxNesting, bytes)) {
        throw new Problem('malformed-json', `the body nests deeper than ${maxNesting} levels`);
      }
      return parseJson(bytes.toString('utf8'));
    },
  );
  app.addHook('preParsing', async (request) => {
    const encoding = request.headers['content-encoding'];
    if (encoding === undefined || encoding === 'identity') return;
    throw new Problem('unsupported-media-type', `a body with Content-Encoding ${JSON.stringify(encoding)} is not read`);
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Problem('malformed-json', `the body is not JSON: ${(error as Error).message}`);
  }
}
