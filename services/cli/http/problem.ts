import { CliError } from '../errors.js';

/** An answer of RFC 9457, or what stands in for one. */
export interface Problem {
  status: number;
  /** The last part of `type`: `rate-limited`; '' where the answer was no problem document. */
  kind: string;
  title: string;
  detail: string;
  errors: readonly { pointer?: string; parameter?: string; detail: string }[];
}

const prefix = 'urn:sealstream:problem:';
const mostErrors = 5;

/** The gateway refused, in words for a person. */
export class Refused extends CliError {
  readonly problem: Problem;
  /** When the gateway asks to come again, in ms. */
  readonly retryAfterMs: number | undefined;

  constructor(problem: Problem, retryAfterMs: number | undefined) {
    super('refused', describe(problem), { retriable: isRetriable(problem) });
    this.name = 'Refused';
    this.problem = problem;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Trying the very same again, with the same Idempotency-Key, can succeed. */
const isRetriable = ({ status, kind }: Problem): boolean =>
  [429, 502, 503, 504].includes(status) || kind === 'request-in-progress';

export function readProblem(status: number, contentType: string, body: string): Problem {
  const parsed = /\bjson\b/.test(contentType) ? parseObject(body) : undefined;
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const type = text(parsed?.type);
  return {
    status,
    kind: type.startsWith(prefix) ? type.slice(prefix.length) : '',
    title: text(parsed?.title),
    detail: text(parsed?.detail),
    errors: Array.isArray(parsed?.errors) ? parsed.errors.filter((error) => typeof error?.detail === 'string') : [],
  };
}

function parseObject(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function describe(problem: Problem): string {
  const { status, title, detail, errors } = problem;
  const what = title && detail ? `${title}: ${detail}` : title || detail || `the gateway answered ${status}`;
  const places = errors.filter((error) => !what.includes(error.detail));
  const lines = places.slice(0, mostErrors).map(({ pointer, parameter, detail: where }) => {
    const at = pointer ?? parameter;
    return at ? `  ${at}: ${where}` : `  ${where}`;
  });
  if (places.length > mostErrors) lines.push(`  and ${places.length - mostErrors} more`);
  return [what, ...lines, ...advice(problem)].join('\n');
}

function advice({ status, kind }: Problem): string[] {
  if (status === 401) return ['Check --api-key or SEALSTREAM_API_KEY; keys are made with `sealstream keys create`.'];
  if (status === 403) return ['Use a key that permits this; `sealstream keys list` shows what each permits.'];
  if (kind === '' && status === 404) return ['Is that the URL of a Sealstream gateway?'];
  return [];
}
