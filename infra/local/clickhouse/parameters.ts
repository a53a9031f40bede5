import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { FrontError } from './errors.js';

export interface SessionRequest {
  readonly id: string;
  /** How long it lives on without a request. */
  readonly timeoutMs: number;
  /** Refuse to begin a new one. */
  readonly mustExist: boolean;
  readonly closeAfter: boolean;
}

/** What a request says of its query, beside the statement itself. */
export interface Parameters {
  readonly queryId: string;
  /** The part of the statement that is in the URL. */
  readonly query: string;
  readonly database: string | undefined;
  readonly defaultFormat: string;
  /** Values for `{name:Type}`. */
  readonly substitutions: ReadonlyMap<string, string>;
  /** Settings for this query alone, in the order given. */
  readonly settings: ReadonlyMap<string, string>;
  readonly readOnly: boolean;
  /** Continue on the connection of this name, with its settings and temporary tables. */
  readonly session: SessionRequest | undefined;
  /** Answer only when the whole result is there: then an error always has its status. */
  readonly waitEndOfQuery: boolean;
  readonly compressResponse: boolean;
  /** The answer in ClickHouse's own compressed format. */
  readonly packBlocks: boolean;
  /** Bytes of the result to hold back before the status is sent. */
  readonly holdBytes: number;
}

/** Parameters of the HTTP interface that are no settings. */
const NO_SETTINGS = new Set([
  'buffer_size',
  'client_protocol_version',
  'close_session',
  'compress',
  'database',
  'decompress',
  'default_format',
  'param',
  'password',
  'query',
  'query_id',
  'quota_key',
  'role',
  'session_check',
  'session_id',
  'session_timeout',
  'stacktrace',
  'user',
  'wait_end_of_query',
]);

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const SUBSTITUTION = 'param_';

const badArgument = (message: string): FrontError => new FrontError(36, 'BAD_ARGUMENTS', message);

export function isOn(value: string | undefined | null): boolean {
  return value === '1' || value?.toLowerCase() === 'true';
}

function wholeNumber(name: string, value: string): number {
  if (!/^\d+$/.test(value)) throw badArgument(`${name}=${value} is not a whole number.`);
  return Number(value);
}

/** Reads the URL's parameters and the X-ClickHouse headers; headers win, as in ClickHouse. */
export function readParameters({
  request,
  params,
  holdBytes,
}: {
  request: IncomingMessage;
  params: URLSearchParams;
  holdBytes: number;
}): Parameters {
  const header = (name: string): string | undefined => request.headers[name]?.toString() || undefined;
  const substitutions = new Map<string, string>();
  const settings = new Map<string, string>();
  for (const [name, value] of params) {
    if (name === '' || NO_SETTINGS.has(name)) continue;
    const target = name.startsWith(SUBSTITUTION) ? substitutions : settings;
    const key = target === substitutions ? name.slice(SUBSTITUTION.length) : name;
    if (!NAME.test(key)) throw badArgument(`Parameter ${name} is not a valid name.`);
    if (target === settings || !target.has(key)) target.set(key, value);
  }
  if (params.has('role')) throw new FrontError(48, 'NOT_IMPLEMENTED', 'Roles are not supported by this front.');
  const readOnly = request.method === 'GET' || request.method === 'HEAD';
  const hold = params.get('buffer_size') ?? settings.get('http_response_buffer_size');
  return {
    queryId: params.get('query_id') || header('x-clickhouse-query-id') || randomUUID(),
    query: params.get('query') ?? '',
    database: header('x-clickhouse-database') ?? (params.get('database') || undefined),
    defaultFormat: header('x-clickhouse-format') ?? (params.get('default_format') || 'TabSeparated'),
    substitutions,
    settings,
    readOnly,
    session: readSession(params),
    waitEndOfQuery: isOn(params.get('wait_end_of_query')) || isOn(settings.get('http_wait_end_of_query')),
    packBlocks: isOn(params.get('compress')),
    compressResponse: isOn(settings.get('enable_http_compression')),
    holdBytes: hold === undefined ? holdBytes : Math.max(holdBytes, wholeNumber('buffer_size', hold)),
  };
}

const DEFAULT_SESSION_S = 60;
const LONGEST_SESSION_S = 3600;

function readSession(params: URLSearchParams): SessionRequest | undefined {
  const id = params.get('session_id');
  if (!id) return undefined;
  const timeout = params.get('session_timeout') ?? String(DEFAULT_SESSION_S);
  if (!/^\d+$/.test(timeout) || Number(timeout) > LONGEST_SESSION_S) {
    throw new FrontError(
      374,
      'INVALID_SESSION_TIMEOUT',
      `Session timeout '${timeout}' is not a number of seconds up to ${LONGEST_SESSION_S}.`,
    );
  }
  return {
    id,
    timeoutMs: Number(timeout) * 1000,
    mustExist: isOn(params.get('session_check')),
    closeAfter: isOn(params.get('close_session')),
  };
}
