import { type Problem, problemOf } from '../api/problem.js';
import type { AuditEvent } from '../api/types.js';
import { createBackoff, readServerMessage, type ServerMessage, subprotocol } from './protocol.js';

export type LiveStatus =
  | { kind: 'connecting' }
  | { kind: 'live' }
  /** The next try comes then, by itself. */
  | { kind: 'waiting'; retryInMs: number; problem: Problem | undefined }
  /** No further try would fare better. */
  | { kind: 'refused'; problem: Problem };

export interface LiveQuestion {
  /** As of GET /api/audit, `q` included; lists mean any of. `scope: 'system'` for the system scope. */
  filter: Readonly<Record<string, unknown>>;
  /** A cursor, or from now on. */
  since?: string;
  fields?: readonly string[];
  /** `latest` lets events pass while this page is slow, and says how many. */
  delivery?: 'all' | 'latest';
  window?: number;
}

export interface LiveHandlers {
  onEvents: (events: AuditEvent[], cursor: string) => void;
  onDropped?: (count: number) => void;
  onStatus: (status: LiveStatus) => void;
}

export interface LiveAlertHandlers {
  onChanges: (changes: unknown[]) => void;
  /** At each connection: there is no history, list again. */
  onSubscribed: () => void;
  onStatus: (status: LiveStatus) => void;
}

/** Streams of the gateway, by the session's cookie. Each goes on, where it was, over as many connections as it takes, until it is stopped. */
export interface Live {
  events(question: LiveQuestion, handlers: LiveHandlers): { stop(): void; pause(): void; resume(): void };
  alerts(filter: Readonly<Record<string, unknown>>, handlers: LiveAlertHandlers): { stop(): void };
}

const id = 's';
/** Without a word for so long, the connection is taken for dead: browsers notice a lost network late. */
const silentMs = 45_000;
const pingMs = 20_000;
/** What holds until somebody changes something. */
const final = new Set(['invalid-request', 'forbidden', 'not-entitled', 'unauthenticated']);

export function createLive({
  url,
  open = (address) => new WebSocket(address, subprotocol),
  organization,
}: {
  /** Of the stream: ws: or wss:. */
  url: string;
  open?: (address: string) => WebSocket;
  organization: () => string | undefined;
}): Live {
  const keep = (
    subscribe: () => object,
    take: (message: ServerMessage) => void,
    onStatus: (status: LiveStatus) => void,
  ): { stop(): void; send(message: object): void } => {
    const backoff = createBackoff();
    let socket: WebSocket | undefined;
    let stopped = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let pings: ReturnType<typeof setInterval> | undefined;

    const connect = (): void => {
      onStatus({ kind: 'connecting' });
      let said: Problem | undefined;
      let heardAt = Date.now();
      const mine = open(url);
      socket = mine;
      mine.onopen = () => {
        mine.send(JSON.stringify({ type: 'subscribe', id, ...subscribe() }));
        pings = setInterval(() => {
          if (Date.now() - heardAt > silentMs) mine.close();
          else mine.send('{"type":"ping"}');
        }, pingMs);
      };
      mine.onmessage = ({ data }) => {
        heardAt = Date.now();
        const message = readServerMessage(String(data));
        if (!message || stopped) return;
        if (message.type === 'problem') {
          said = problemOf(message.problem, 0);
          if (message.id === id) mine.close();
          return;
        }
        if (message.type === 'subscribed') {
          backoff.reset();
          onStatus({ kind: 'live' });
        }
        take(message);
      };
      mine.onclose = () => {
        clearInterval(pings);
        if (stopped) return;
        if (said && final.has(said.kind)) {
          stopped = true;
          onStatus({ kind: 'refused', problem: said });
          return;
        }
        const retryInMs = backoff.next();
        onStatus({ kind: 'waiting', retryInMs, problem: said });
        timer = setTimeout(connect, retryInMs);
      };
    };
    connect();
    return {
      stop() {
        stopped = true;
        clearTimeout(timer);
        clearInterval(pings);
        socket?.close();
      },
      send(message) {
        if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
      },
    };
  };

  const own = (filter: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
    const chosen = organization();
    const named = chosen === undefined || filter.scope === 'system' || 'organization_id' in filter;
    return named ? filter : { ...filter, organization_id: chosen };
  };

  return {
    events({ filter, since, ...how }, { onEvents, onDropped, onStatus }) {
      let cursor = since;
      let paused = false;
      const stream = keep(
        () => ({ filter: own(filter), ...how, ...(cursor === undefined ? {} : { since: cursor }) }),
        (message) => {
          if (message.type === 'subscribed') {
            cursor = message.cursor ?? cursor;
            if (paused) stream.send({ type: 'pause', id });
          } else if (message.type === 'events') {
            cursor = message.to;
            if (message.events.length > 0) onEvents(message.events, message.to);
            if (how.window !== undefined) stream.send({ type: 'ack', id, to: message.to });
          } else if (message.type === 'dropped') {
            cursor = message.to ?? cursor;
            onDropped?.(message.count);
          }
        },
        onStatus,
      );
      const change = (type: 'pause' | 'resume'): void => {
        paused = type === 'pause';
        stream.send({ type, id });
      };
      return { stop: stream.stop, pause: () => change('pause'), resume: () => change('resume') };
    },
    alerts(filter, { onChanges, onSubscribed, onStatus }) {
      return keep(
        () => ({ kind: 'alerts', filter: own(filter) }),
        (message) => {
          if (message.type === 'subscribed') onSubscribed();
          else if (message.type === 'alerts') onChanges(message.changes);
        },
        onStatus,
      );
    },
  };
}
