/**
 * An error as ClickHouse reports it over HTTP: its number, its name, and a text that starts with both. The engine's own
 * errors arrive as such text; ours are built to look the same, so that a client reads both alike.
 */
export class FrontError extends Error {
  override readonly name = 'FrontError';
  /** ClickHouse's number for the error (system.errors). */
  readonly code: number;
  /** ClickHouse's name for the error, such as UNKNOWN_TABLE. */
  readonly type: string;
  /** Overrides the status that the name stands for. */
  readonly status: number;

  constructor(
    code: number,
    type: string,
    message: string,
    { status, cause }: { status?: number; cause?: unknown } = {},
  ) {
    super(`Code: ${code}. DB::Exception: ${message} (${type})`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.type = type;
    this.status = status ?? httpStatus(type);
  }
}

const BAD_REQUEST = [
  'BAD_ARGUMENTS',
  'CANNOT_COMPILE_REGEXP',
  'CANNOT_PARSE_DATE',
  'CANNOT_PARSE_DATETIME',
  'CANNOT_PARSE_DOMAIN_VALUE_FROM_STRING',
  'CANNOT_PARSE_ESCAPE_SEQUENCE',
  'CANNOT_PARSE_INPUT_ASSERTION_FAILED',
  'CANNOT_PARSE_IPV4',
  'CANNOT_PARSE_IPV6',
  'CANNOT_PARSE_NUMBER',
  'CANNOT_PARSE_QUOTED_STRING',
  'CANNOT_PARSE_TEXT',
  'CANNOT_PARSE_UUID',
  'DUPLICATE_COLUMN',
  'ILLEGAL_COLUMN',
  'INCORRECT_DATA',
  'SYNTAX_ERROR',
  'THERE_IS_NO_COLUMN',
  'TOO_BIG_AST',
  'TOO_DEEP_AST',
  'TYPE_MISMATCH',
  'UNEXPECTED_AST_STRUCTURE',
  'UNKNOWN_ELEMENT_IN_AST',
  'UNKNOWN_TYPE_OF_AST_NODE',
  'VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE',
];

const NOT_FOUND = [
  'UNKNOWN_AGGREGATE_FUNCTION',
  'UNKNOWN_DATABASE',
  'UNKNOWN_DATABASE_ENGINE',
  'UNKNOWN_DIRECTION_OF_SORTING',
  'UNKNOWN_FORMAT',
  'UNKNOWN_FUNCTION',
  'UNKNOWN_IDENTIFIER',
  'UNKNOWN_ROLE',
  'UNKNOWN_SETTING',
  'UNKNOWN_STORAGE',
  'UNKNOWN_TABLE',
  'UNKNOWN_TYPE',
  'UNKNOWN_TYPE_OF_QUERY',
];

/** ClickHouse's table of statuses (exceptionCodeToHTTPStatus in its sources); any other error is a 500. */
const STATUS: ReadonlyMap<string, number> = new Map([
  ...BAD_REQUEST.map((type) => [type, 400] as const),
  ...NOT_FOUND.map((type) => [type, 404] as const),
  ['REQUIRED_PASSWORD', 401],
  ['ACCESS_DENIED', 403],
  ['AUTHENTICATION_FAILED', 403],
  ['SET_NON_GRANTED_ROLE', 403],
  ['UNKNOWN_USER', 403],
  ['WRONG_PASSWORD', 403],
  ['TIMEOUT_EXCEEDED', 408],
  ['HTTP_LENGTH_REQUIRED', 411],
  ['QUERY_IS_TOO_LARGE', 413],
  ['NOT_IMPLEMENTED', 501],
  ['CANNOT_OPEN_FILE', 503],
  ['CANNOT_SCHEDULE_TASK', 503],
  ['SOCKET_TIMEOUT', 503],
]);

export const httpStatus = (type: string): number => STATUS.get(type) ?? 500;

const ENGINE_TEXT = /^(?:Query failed: )?Code: (\d+)\. DB::Exception: ([\s\S]*?)\s*\(([A-Z][A-Z0-9_]+)\)\s*$/;

/** Reads the number and the name out of what the engine throws. Text of another shape stays as an UNKNOWN_EXCEPTION. */
export function fromEngine(thrown: unknown): FrontError {
  if (thrown instanceof FrontError) return thrown;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const match = ENGINE_TEXT.exec(text);
  if (!match) return new FrontError(1002, 'UNKNOWN_EXCEPTION', text, { cause: thrown });
  const [, code, message, type] = match as unknown as [string, string, string, string];
  return new FrontError(Number(code), type, innermost({ code, type, message }), { cause: thrown });
}

/** The engine at times wraps an error in itself, once or twice. */
function innermost({ code, type, message }: { code: string; type: string; message: string }): string {
  const head = `Code: ${code}. DB::Exception: `;
  let text = message;
  while (text.startsWith(head)) {
    text = text.slice(head.length).replace(new RegExp(`\\s*\\(${type}\\) \\(version [^()]*\\)\\.?$`), '');
  }
  return text;
}
