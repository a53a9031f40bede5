import { SealstreamError } from '../core/errors.js';
import { type ProblemKind, type ProblemPart, problemKinds } from '../core/problems.js';

export { type ProblemKind, type ProblemPart, problemKinds, problemType } from '../core/problems.js';

/** Thrown anywhere below a route; the error handler writes it out. */
export class Problem extends SealstreamError {
  readonly kind: ProblemKind;
  readonly errors: readonly ProblemPart[];
  readonly extensions: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    kind: ProblemKind,
    detail: string,
    {
      errors = [],
      extensions = {},
      headers = {},
      cause,
    }: {
      errors?: readonly ProblemPart[];
      /** Further members of the answer. */
      extensions?: Record<string, unknown>;
      headers?: Record<string, string>;
      cause?: unknown;
    } = {},
  ) {
    const { status } = problemKinds[kind];
    super(kind, detail, { retriable: status === 503 || status === 429, ...(cause === undefined ? {} : { cause }) });
    this.name = 'Problem';
    this.kind = kind;
    this.errors = errors;
    this.extensions = extensions;
    this.headers = headers;
  }
}

export type Part = 'kafka' | 'clickhouse' | 'redis' | 'registry' | 'oidc' | 'gateway';

/** 503 that names the part and says when to come again. */
export const unavailable = (
  part: Part,
  detail: string,
  { cause, retryAfterSeconds = 2 }: { cause?: unknown; retryAfterSeconds?: number } = {},
): Problem =>
  new Problem('unavailable', detail, {
    extensions: { part },
    headers: { 'retry-after': String(retryAfterSeconds) },
    ...(cause === undefined ? {} : { cause }),
  });
