import { Type } from 'typebox';
import { problemKinds } from '../errors.js';

declare module 'fastify' {
  interface FastifySchema {
    summary?: string;
    description?: string;
    operationId?: string;
    tags?: readonly string[];
  }
}

/**
 * For routes whose parameters are read by our own readers, which say precisely what is wrong, and whose answers hold values of any shape: their
 * schemas describe them in the API's description and do nothing else.
 */
export const describedOnly = {
  validatorCompiler: () => () => true,
  serializerCompiler: () => (answer: unknown) => JSON.stringify(answer),
};

/** An RFC 9457 problem. */
export const ProblemAnswer = Type.Object(
  {
    type: Type.String({ description: 'urn:sealstream:problem:… and the kind; stays' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'for people' }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          parameter: Type.Optional(Type.String()),
          pointer: Type.Optional(Type.String({ description: 'JSON Pointer into the body' })),
          line: Type.Optional(Type.Integer({ description: 'in the text of rules that it points to, from 1' })),
          column: Type.Optional(Type.Integer({ description: 'from 1' })),
          code: Type.Optional(Type.String({ description: 'why; stays' })),
          detail: Type.String(),
        }),
      ),
    ),
    request_id: Type.String(),
  },
  { title: 'Problem', additionalProperties: true },
);

type Status = (typeof problemKinds)[keyof typeof problemKinds]['status'];

/** The problems that a route can answer with, by status, for its `response`. */
export const problems = <S extends Status>(...statuses: S[]) =>
  Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: Object.values(problemKinds)
          .filter((kind) => kind.status === status)
          .map(({ title }) => title)
          .join('; '),
        content: { 'application/problem+json': { schema: ProblemAnswer } },
      },
    ]),
  );

/** Those of every route that asks ClickHouse for events. */
export const queryProblems = problems(400, 401, 403, 404, 422, 429, 500, 503);
