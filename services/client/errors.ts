import { SealstreamError } from '../core/errors.js';
import type { ProblemKind as KnownKind, ProblemPart } from '../core/problems.js';

/** The last word of a problem's `type`; docs/guides/http-problems.md explains each. Newer gateways may know more. */
export type ProblemKind = KnownKind | (string & {});
export type { ProblemPart };

/** An answer of RFC 9457, or what stands in for one where something else answered. */
export interface ProblemDocument {
  /** '' where the answer was no problem of a gateway's. */
  kind: ProblemKind;
  status: number;
  title: string;
  detail: string;
  errors: readonly ProblemPart[];
  /** What the gateway's log knows the request by. */
  requestId: string | undefined;
  /** Further members: `required_permission`, `part` … */
  extensions: Readonly<Record<string, unknown>>;
}

/** The gateway refused. Decide on `kind`; the message is for people. */
export class AuditProblem extends SealstreamError {
  readonly problem: ProblemDocument;
  /** When the gateway asks to come again, in ms. */
  readonly retryAfterMs: number | undefined;

  constructor(problem: ProblemDocument, retryAfterMs: number | undefined) {
    const { kind, status, title, detail } = problem;
    const words = title && detail ? `${title}: ${detail}` : title || detail || `the gateway answered ${status}`;
    super(kind || `http_${status}`, words, { retriable: isRetriable(problem) });
    this.name = 'AuditProblem';
    this.problem = problem;
    this.retryAfterMs = retryAfterMs;
  }

  get kind(): ProblemKind {
    return this.problem.kind;
  }

  get status(): number {
    return this.problem.status;
  }
}

/** The very same request can succeed later. */
const isRetriable = ({ status, kind }: ProblemDocument): boolean =>
  [429, 502, 503, 504].includes(status) || kind === 'request-in-progress';

export type ClientErrorCode =
  /** Options that are missing or contradict each other. */
  | 'client_config'
  /** Nobody answers at the URL. */
  | 'unreachable'
  /** No answer in time. */
  | 'timeout'
  /** Something answered that is no gateway, or not as this client understands it. */
  | 'bad_answer'
  /** The connection was cut. */
  | 'cut'
  /** Called after `close()`. */
  | 'client_closed';

/** Something on the way to the gateway, or in how the client is used. */
export class AuditClientError extends SealstreamError {
  declare readonly code: ClientErrorCode;

  constructor(
    code: ClientErrorCode,
    message: string,
    { cause, retriable = false }: { cause?: unknown; retriable?: boolean } = {},
  ) {
    super(code, message, { retriable, ...(cause === undefined ? {} : { cause }) });
    this.name = 'AuditClientError';
  }
}
