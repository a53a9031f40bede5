/** Where in Kafka something happened. */
export interface Coordinates {
  topic?: string | undefined;
  partition?: number | undefined;
  offset?: number | undefined;
}

/**
 * An error that says what to do with it. `code` is stable and is what code decides on; the message is for people: what happened,
 * where, what to do.
 */
export class SealstreamError extends Error {
  readonly code: string;
  /** Trying the same again later may succeed. */
  readonly retriable: boolean;
  readonly where: Coordinates;

  constructor(
    code: string,
    message: string,
    { retriable = false, cause, ...where }: { retriable?: boolean; cause?: unknown } & Coordinates = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'SealstreamError';
    this.code = code;
    this.retriable = retriable;
    this.where = where;
  }
}

/** The message of anything that was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
