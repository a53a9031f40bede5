import { Problem, problemKinds, problemType } from '../errors.js';

/** The WebSocket subprotocol. Frames are JSON objects with a `type`. docs/guides/live.md describes it for users. */
export const subprotocol = 'audit.v1';

export type ClientMessage =
  | { type: 'auth'; key: string }
  | { type: 'subscribe'; id: string; filter: Readonly<Record<string, unknown>>; since: string }
  | { type: 'unsubscribe'; id: string }
  | { type: 'ping' };

export type ServerMessage =
  | { type: 'authenticated'; name: string }
  | { type: 'subscribed'; id: string; cursor: string }
  | { type: 'unsubscribed'; id: string; cursor: string }
  | { type: 'caught_up'; id: string; cursor: string }
  | { type: 'pong' }
  | { type: 'problem'; id?: string; problem: ProblemAnswer; cursor?: string };

/** RFC 9457's members, without what only HTTP has. */
export interface ProblemAnswer {
  type: string;
  title: string;
  status: number;
  detail: string;
  [extension: string]: unknown;
}

export const problemAnswer = (problem: Problem): ProblemAnswer => ({
  type: problemType(problem.kind),
  ...problemKinds[problem.kind],
  detail: problem.message,
  ...(problem.errors.length > 0 ? { errors: problem.errors } : {}),
  ...problem.extensions,
});

const invalid = (detail: string): Problem => new Problem('invalid-request', detail);

/** Throws a Problem for a frame that is no message of this protocol. */
export function readMessage(frame: string): ClientMessage {
  let message: unknown;
  try {
    message = JSON.parse(frame);
  } catch {
    throw new Problem('malformed-json', 'the frame is not JSON');
  }
  if (typeof message !== 'object' || message === null || Array.isArray(message)) {
    throw invalid('the frame is no JSON object');
  }
  const { type, ...fields } = message as Record<string, unknown>;
  if (type === 'ping') return { type };
  if (type === 'auth') {
    if (typeof fields.key !== 'string') throw invalid('auth needs key, a text');
    return { type, key: fields.key };
  }
  if (type === 'unsubscribe') return { type, id: idOf(fields.id) };
  if (type === 'subscribe') return readSubscribe(fields);
  throw invalid('type is none of auth, subscribe, unsubscribe, ping');
}

function readSubscribe({ id, filter = {}, since = 'now', ...others }: Record<string, unknown>): ClientMessage {
  if (typeof filter !== 'object' || filter === null || Array.isArray(filter)) {
    throw invalid('filter is no JSON object of filter names and values');
  }
  if (typeof since !== 'string') throw invalid('since is no text: a cursor, "now" or "beginning"');
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw invalid(`subscribe knows no ${JSON.stringify(unknown)}: id, filter, since`);
  return { type: 'subscribe', id: idOf(id), filter: filter as Record<string, unknown>, since };
}

function idOf(id: unknown): string {
  if (typeof id === 'string' && id.length >= 1 && id.length <= 64) return id;
  throw invalid('id is no text of 1 to 64 characters');
}
