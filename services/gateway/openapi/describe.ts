import swagger from '@fastify/swagger';
import type { FastifyInstance, FastifySchema, RouteOptions } from 'fastify';
import { problems } from '../http/described.js';
import { shareComponents } from './components.js';
import { info, responseHeaders, security, securitySchemes, tags } from './preamble.js';
import { probePaths } from './probes.js';

interface Described extends FastifySchema {
  /** @fastify/swagger leaves such a route out. */
  hide?: boolean;
}

/** What every route may answer beside what it says itself, because of what happens before its handler. */
function commonProblems({ schema, config }: Pick<RouteOptions, 'schema' | 'config'>) {
  return {
    // A header twice, or one that cannot be read, is refused everywhere.
    ...problems(400, 431, 500, 503),
    ...(config?.public ? {} : problems(401, 403, 429)),
    ...(schema?.params ? problems(414) : {}),
    ...(schema?.body ? problems(408, 413, 415) : {}),
    ...(config?.tagged ? { 304: { type: 'null', description: 'It is as If-None-Match has it' } } : {}),
  };
}

/** `content: {}` is an answer without a body, which the library wants to be told by a type. */
function bodiless([status, answer]: [string, { description?: string; content?: object }]): [string, object] {
  const { content, description } = answer;
  return [status, content && Object.keys(content).length === 0 ? { type: 'null', description } : answer];
}

const tagNames: readonly string[] = tags.map(({ name }) => name);

/** Throws where a route does not say what it is: it would be in the description as a path and nothing else. */
function checkDescribed({ method, url, schema }: Pick<RouteOptions, 'method' | 'url' | 'schema'>): void {
  const { summary, operationId, tags: [tag, ...others] = [], response = {}, hide } = (schema ?? {}) as Described;
  const missing = [
    ...(summary ? [] : ['summary']),
    ...(operationId ? [] : ['operationId']),
    ...(tag !== undefined && tagNames.includes(tag) && others.length === 0 ? [] : [`tag of ${tagNames.join(', ')}`]),
    ...(Object.keys(response as object).some((status) => Number(status) < 400) ? [] : ['answer when all is well']),
  ];
  if (missing.length === 0 && hide !== true) return;
  throw new Error(
    `${method} ${url} is not described: ${hide ? 'it hides' : `its schema has no ${missing.join(', no ')}`}`,
  );
}

/**
 * Notes every route that is registered from here on; `app.swagger()` gives them as an OpenAPI 3.1 document, made of the schemas that
 * also validate. Nothing is hidden, and registering a route that says nothing of itself throws.
 */
export async function registerDescription(
  app: FastifyInstance,
  { version, sessionCookie }: { version: string; sessionCookie: string },
): Promise<void> {
  app.addHook('onRoute', checkDescribed);
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
    transformObject: (document) => shareComponents(document as never, probePaths) as never,
  });
}
