import { AuditProblem, type ProblemDocument, type ProblemPart } from '../errors.js';

const prefix = 'urn:sealstream:problem:';
const known = new Set(['type', 'title', 'status', 'detail', 'errors', 'request_id', 'instance', 'pointer']);

/** A refusal as it came over HTTP. */
export function problemOfAnswer({
  status,
  contentType,
  retryAfter,
  body,
}: {
  status: number;
  contentType: string | null | undefined;
  retryAfter: string | null | undefined;
  body: string;
}): AuditProblem {
  const fields = /\bjson\b/.test(contentType ?? '') ? parseObject(body) : undefined;
  return new AuditProblem(problemDocument(fields ?? {}, status), retryAfterMs(retryAfter));
}

/** The members of a problem; `status` stands in where there is none. */
export function problemDocument(fields: Readonly<Record<string, unknown>>, status: number): ProblemDocument {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const type = text(fields.type);
  return {
    kind: type.startsWith(prefix) ? type.slice(prefix.length) : '',
    status: typeof fields.status === 'number' ? fields.status : status,
    title: text(fields.title),
    detail: text(fields.detail),
    errors: Array.isArray(fields.errors) ? fields.errors.filter(isPart) : [],
    requestId: text(fields.request_id) || undefined,
    extensions: Object.fromEntries(Object.entries(fields).filter(([name]) => !known.has(name))),
  };
}

const isPart = (part: unknown): part is ProblemPart =>
  typeof part === 'object' && part !== null && 'detail' in part && typeof part.detail === 'string';

function parseObject(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Seconds, or a date (RFC 9110 §10.2.3). */
export function retryAfterMs(header: string | null | undefined, nowMs = Date.now()): number | undefined {
  if (!header) return undefined;
  if (/^\d{1,6}$/.test(header)) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
