import { SealstreamError } from '../../core/errors.js';

export type QueryErrorCode =
  /** A parameter that is unknown, or whose value cannot be. */
  | 'bad_parameter'
  /** A cursor that is none, or was made for another tenant or other filters. */
  | 'bad_cursor'
  /** An organization, or a scope, that the credential does not permit. */
  | 'forbidden'
  | 'not_found'
  /** The query went over its limit of time, memory or size. */
  | 'query_too_heavy'
  /** ClickHouse or the registry cannot be reached, or has too much to do. */
  | 'unavailable';

/** What a query cannot give, for the person who asked. */
export class QueryError extends SealstreamError {
  override readonly code: QueryErrorCode;
  /** Of bad_parameter and bad_cursor: the parameter's name as it was sent. */
  readonly parameter: string | undefined;

  constructor(
    code: QueryErrorCode,
    message: string,
    { parameter, cause }: { parameter?: string | undefined; cause?: unknown } = {},
  ) {
    super(code, message, { retriable: code === 'unavailable', ...(cause === undefined ? {} : { cause }) });
    this.name = 'QueryError';
    this.code = code;
    this.parameter = parameter;
  }
}

export const badParameter = (parameter: string, detail: string): QueryError =>
  new QueryError('bad_parameter', `${parameter}: ${detail}`, { parameter });
