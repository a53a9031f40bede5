/** One place in the request that is wrong; `position` is in UTF-16 units of the parameter's value, its end excluded. */
export interface ProblemPart {
  parameter?: string;
  pointer?: string;
  position?: { start: number; end: number };
  line?: number;
  column?: number;
  code?: string;
  detail: string;
}

export interface ProblemFields {
  kind: string;
  status: number;
  title: string;
  detail: string;
  errors?: readonly ProblemPart[];
  requestId?: string | undefined;
  /** Every further member of the answer. */
  more?: Readonly<Record<string, unknown>>;
  retryAfterMs?: number | undefined;
}

const prefix = 'urn:sealstream:problem:';
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/**
 * Whatever an answer of the gateway says went wrong (RFC 9457). `kind` is the last word of its type and stays; decide on it. Beside those
 * of the gateway there are `offline` (it could not be reached) and `unreadable` (it answered what is no problem).
 */
export class Problem extends Error {
  readonly kind: string;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly errors: readonly ProblemPart[];
  readonly requestId: string | undefined;
  readonly more: Readonly<Record<string, unknown>>;
  readonly retryAfterMs: number | undefined;

  constructor({ kind, status, title, detail, errors = [], requestId, more = {}, retryAfterMs }: ProblemFields) {
    super(detail || title);
    this.name = 'Problem';
    this.kind = kind;
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.errors = errors;
    this.requestId = requestId;
    this.more = more;
    this.retryAfterMs = retryAfterMs;
  }

  /** The permission that was missing. */
  get permission(): string | undefined {
    return text(this.more.required_permission);
  }

  /** The right that the organization's plan does not include. */
  get entitlement(): string | undefined {
    return text(this.more.required_entitlement);
  }

  /** The part of the deployment that is away. */
  get part(): string | undefined {
    return text(this.more.part);
  }

  /** What is said of one parameter or member, by its name or JSON Pointer. */
  of(name: string): readonly ProblemPart[] {
    return this.errors.filter(({ parameter, pointer }) => parameter === name || pointer === name);
  }
}

/** From the members of a problem document, as answers and the stream carry it. */
export function problemOf(document: unknown, status: number, retryAfterMs?: number): Problem {
  const { type, title, detail, errors, request_id, ...more } = (
    typeof document === 'object' && document !== null ? document : {}
  ) as Record<string, unknown>;
  const named = text(type);
  if (!named?.startsWith(prefix)) {
    const said = `The gateway, or something before it, answered ${status} without saying why.`;
    return new Problem({ kind: 'unreadable', status, title: 'An answer that cannot be read', detail: said });
  }
  return new Problem({
    kind: named.slice(prefix.length),
    status: typeof more.status === 'number' ? more.status : status,
    title: text(title) ?? '',
    detail: text(detail) ?? '',
    errors: Array.isArray(errors) ? (errors as ProblemPart[]) : [],
    requestId: text(request_id),
    more,
    retryAfterMs,
  });
}

export const offline = (): Problem =>
  new Problem({
    kind: 'offline',
    status: 0,
    title: 'The gateway cannot be reached',
    detail: 'Nothing answered: the connection or the gateway is away. The console asks again by itself.',
  });

/** What was thrown, as a problem: faults of the console's own too, so that they are shown and not swallowed. */
export const asProblem = (thrown: unknown): Problem =>
  thrown instanceof Problem
    ? thrown
    : new Problem({
        kind: 'fault',
        status: 0,
        title: 'The console failed',
        detail: thrown instanceof Error ? thrown.message : String(thrown),
      });
