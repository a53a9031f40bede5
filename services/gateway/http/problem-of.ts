import type { FastifyError } from 'fastify';
import { SealstreamError } from '../../core/errors.js';
import { type ValidationFault, validationParts } from '../../core/validation.js';
import { Problem, type ProblemKind, type ProblemPart, unavailable } from '../errors.js';

/** Fastify's own refusals, by its codes. */
const refusals: Record<string, { kind: ProblemKind; detail: string }> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    kind: 'unsupported-media-type',
    detail: 'the Content-Type is none that this route takes',
  },
  FST_ERR_CTP_BODY_TOO_LARGE: { kind: 'body-too-large', detail: 'the body is larger than this route takes' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    kind: 'invalid-request',
    detail: 'the body is not as long as its Content-Length says',
  },
  FST_ERR_BAD_URL: { kind: 'invalid-request', detail: 'the path is not a well-formed URL path' },
  FST_ERR_MAX_PARAM_LENGTH: { kind: 'uri-too-long', detail: 'a part of the path is too long' },
};

/** What anything thrown below a route is to the one who asked. Undefined where it is our fault. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  if (!(error instanceof Error)) return undefined;
  const { code, statusCode = 500, validation, validationContext } = error as Partial<FastifyError>;
  if (validation) return validationProblem(validation as ValidationFault[], validationContext ?? 'body');
  const refusal = code === undefined ? undefined : refusals[code];
  if (refusal) return new Problem(refusal.kind, refusal.detail);
  // Others that it says are the client's, whichever a later version adds.
  if (code?.startsWith('FST_') && statusCode >= 400 && statusCode < 500) {
    return new Problem('invalid-request', error.message);
  }
  if (error instanceof SealstreamError && error.retriable) {
    return unavailable(error.code.startsWith('registry') ? 'registry' : 'kafka', error.message, { cause: error });
  }
  return undefined;
}

function validationProblem(faults: ValidationFault[], context: string): Problem {
  const parts = validationParts(faults);
  if (context === 'body') {
    return new Problem('invalid-request', described(parts), { errors: parts });
  }
  const errors = parts.map(({ pointer = '', detail }) => ({ parameter: pointer.slice(1), detail }));
  return new Problem('invalid-request', errors.map(({ parameter, detail }) => `${parameter} ${detail}`).join('; '), {
    errors,
  });
}

/** The first fault in words, and how many others there are. */
export function described(parts: readonly ProblemPart[]): string {
  const [first] = parts;
  if (!first) return 'the body is not as the route needs it';
  const others = parts.length > 1 ? `, and ${parts.length - 1} more` : '';
  return `${first.pointer || 'the body'} ${first.detail}${others}`;
}
