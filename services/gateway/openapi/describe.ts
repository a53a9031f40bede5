import swagger from '@fastify/swagger';
import type { FastifyInstance, FastifySchema, RouteOptions } from 'fastify';
import { problems } from '../http/described.js';
import { shareComponents } from './components.js';
import { info, responseHeaders, security, securitySchemes, tags } from './preamble.js';

/** What every route may answer beside what it says itself, because of what happens before its handler. */
function commonProblems({ schema, config, bodyLimit: _ }: Pick<RouteOptions, 'schema' | 'config' | 'bodyLimit'>) {
  return {
    // A header twice, or one that cannot be read, is refused everywhere.
    ...problems(400, 500, 503),
    ...(config?.public ? {} : problems(401, 403, 429)),
    ...(schema?.params ? problems(414) : {}),
    ...(schema?.body ? problems(413, 415) : {}),
    ...(config?.tagged ? { 304: { type: 'null', description: 'It is as If-None-Match has it' } } : {}),
  };
}

/** `content: {}` is an answer without a body, which the library wants to be told by a type. */
function bodiless([status, answer]: [string, { description?: string; content?: object }]): [string, object] {
  const { content, description } = answer;
  return [status, content && Object.keys(content).length === 0 ? { type: 'null', description } : answer];
}

/**
 * Notes every route that is registered from here on; `app.swagger()` gives them as an OpenAPI 3.1 document, made of the schemas that
 * also validate. Nothing is hidden.
 */
export async function registerDescription(
  app: FastifyInstance,
  { version, sessionCookie }: { version: string; sessionCookie: string },
): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { ...info, version },
      tags: [...tags],
      security: [...security],
      components: { securitySchemes: securitySchemes(sessionCookie), headers: responseHeaders },
    },
    transform: ({ schema, url, route }) => {
      const described: FastifySchema = { ...schema };
      described.response = Object.fromEntries(
        Object.entries({ ...commonProblems(route), ...(schema?.response as object | undefined) }).map(bodiless),
      );
      return { schema: route.config?.public ? { ...described, security: [] } : described, url };
    },
    transformObject: (document) => shareComponents(document as never) as never,
  });
}
