/**
 * Every problem that the gateway answers with (RFC 9457): its `type` is `urn:sealstream:problem:` and this name, and stays. Clients
 * decide on `type`; `detail` is for people. docs/guides/http-problems.md explains each.
 */
export const problemKinds = {
  'malformed-json': { status: 400, title: 'The body is not JSON' },
  'invalid-request': { status: 400, title: 'The request is not as the route needs it' },
  'invalid-idempotency-key': { status: 400, title: 'The Idempotency-Key cannot be used' },
  unauthenticated: { status: 401, title: 'No valid API key' },
  'not-entitled': { status: 402, title: 'The organization’s plan does not include this' },
  forbidden: { status: 403, title: 'The API key does not permit this' },
  'cross-site': { status: 403, title: 'Another site may have made this request' },
  'not-found': { status: 404, title: 'Nothing is here' },
  'method-not-allowed': { status: 405, title: 'The path does not know this method' },
  'request-timeout': { status: 408, title: 'The request did not arrive in time' },
  conflict: { status: 409, title: 'It contradicts what is there' },
  'request-in-progress': { status: 409, title: 'A request with this Idempotency-Key is being worked on' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'uri-too-long': { status: 414, title: 'The path is too long' },
  'unsupported-media-type': { status: 415, title: 'The route does not take this kind of body' },
  'invalid-event': { status: 422, title: 'An event cannot be taken' },
  'invalid-batch': { status: 422, title: 'The signed batch cannot be taken' },
  'invalid-public-key': { status: 422, title: 'The public key cannot be registered' },
  'idempotency-key-reused': { status: 422, title: 'The Idempotency-Key belongs to another request' },
  'invalid-rule': { status: 422, title: 'A rule of alerts cannot be taken' },
  'invalid-channel': { status: 422, title: 'An alert channel cannot be taken' },
  'query-too-heavy': { status: 422, title: 'The query asks for too much' },
  'export-too-large': { status: 422, title: 'The export has too many events' },
  'rate-limited': { status: 429, title: 'Too much at once' },
  'headers-too-large': { status: 431, title: 'The headers are too large' },
  internal: { status: 500, title: 'The gateway failed' },
  'record-pending': { status: 503, title: 'The record of an event is not complete yet' },
  overloaded: { status: 503, title: 'The gateway has as much to do as it may' },
  unavailable: { status: 503, title: 'A part that this needs is away' },
} as const;
export type ProblemKind = keyof typeof problemKinds;

export const problemType = (kind: ProblemKind): string => `urn:sealstream:problem:${kind}`;

/** One place in the request that is wrong. */
export interface ProblemPart {
  /** JSON Pointer (RFC 6901) into the body. */
  pointer?: string;
  /** Name of a query or path parameter, or of a header. */
  parameter?: string;
  /** Where in the parameter's value, in UTF-16 units; `end` is exclusive. */
  position?: { start: number; end: number };
  /** Where in a text of rules, both from 1; and why, by a code that stays. */
  line?: number;
  column?: number;
  code?: string;
  detail: string;
}
