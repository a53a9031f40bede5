import type { FastifyInstance } from 'fastify';
import { type TSchema, Type } from 'typebox';
import { describedOnly } from '../http/described.js';
import { asyncApi } from '../live/asyncapi.js';
import { docsPage } from './page.js';
import { docsStyle } from './style.js';
import type { ApiDocument } from './types.js';

interface Page {
  path: string;
  operationId: string;
  summary: string;
  mediaType: string;
  schema: TSchema;
  headers?: Record<string, string>;
  body: () => string;
}

/** The page runs no script and loads nothing but its style. */
const pagePolicy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** GET /openapi.json, and /docs, which is the same for people. Everyone may read them. */
export function registerDescriptionRoutes(app: FastifyInstance): void {
  const read = (): ApiDocument => app.swagger() as unknown as ApiDocument;
  const pages: readonly Page[] = [
    {
      path: '/openapi.json',
      operationId: 'getOpenApi',
      summary: 'This description, OpenAPI 3.1',
      mediaType: 'application/json',
      schema: Type.Object({ openapi: Type.String(), paths: Type.Object({}, { additionalProperties: true }) }),
      body: () => JSON.stringify(read()),
    },
    {
      path: '/asyncapi.json',
      operationId: 'getAsyncApi',
      summary: 'What goes over the streams, AsyncAPI 3.0',
      mediaType: 'application/json',
      schema: Type.Object({ asyncapi: Type.String(), channels: Type.Object({}, { additionalProperties: true }) }),
      body: () => JSON.stringify(asyncApi(read().info.version)),
    },
    {
      path: '/docs',
      operationId: 'getDocs',
      summary: 'This description, for people',
      mediaType: 'text/html',
      schema: Type.String(),
      headers: { 'content-security-policy': pagePolicy },
      body: () => docsPage(read()),
    },
    {
      path: '/docs/style.css',
      operationId: 'getDocsStyle',
      summary: 'How that page looks',
      mediaType: 'text/css',
      schema: Type.String(),
      body: () => docsStyle,
    },
  ];
  for (const page of pages) serve(app, page);
}

function serve(
  app: FastifyInstance,
  { path, operationId, summary, mediaType, schema, headers = {}, body }: Page,
): void {
  // Made at the first request, when every route is there, and kept.
  let text: string | undefined;
  app.get(
    path,
    {
      ...describedOnly,
      schema: {
        summary,
        operationId,
        tags: ['description'],
        response: { 200: { description: summary, content: { [mediaType]: { schema } } } },
      },
      config: { public: true, tagged: true },
    },
    async (_, reply) => {
      text ??= body();
      return reply
        .headers({ ...headers, 'cache-control': 'no-cache' })
        .type(`${mediaType}; charset=utf-8`)
        .serializer(String)
        .send(text);
    },
  );
}
