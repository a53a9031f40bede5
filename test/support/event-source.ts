import { once } from 'node:events';
import { get, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';

/** What one server-sent event said (WHATWG HTML §9.2.6). */
export interface SentEvent {
  event: string;
  id: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: data is looked at as it comes
  data: any;
}

/** A reader of server-sent events that keeps what it was sent. */
export interface EventSourceClient {
  readonly headers: IncomingHttpHeaders;
  readonly sent: SentEvent[];
  /** Every audit event so far. */
  readonly events: { [field: string]: unknown }[];
  readonly comments: string[];
  /** The id that a browser would send when it connects again. */
  readonly lastId: string | undefined;
  untilTrue(condition: () => boolean, timeoutMs?: number): Promise<void>;
  until(event: string): Promise<SentEvent>;
  readonly ended: Promise<void>;
  /** Takes nothing for now. */
  pause(): void;
  resume(): void;
  close(): void;
}

/** Rejects with status and body where the answer is no stream. */
export async function openEventSource(
  url: string,
  { key, headers = {} }: { key?: string; headers?: Record<string, string> } = {},
): Promise<EventSourceClient> {
  const request = get(url, {
    headers: { accept: 'text/event-stream', ...(key ? { 'x-api-key': key } : {}), ...headers },
  });
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  answer.setEncoding('utf8');
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode} ${(await answer.toArray()).join('')}`);
  const sent: SentEvent[] = [];
  const comments: string[] = [];
  const watchers = new Set<() => void>();
  const wake = (): void => {
    for (const watcher of watchers) watcher();
  };
  let lastId: string | undefined;
  let over = false;

  const take = (block: string): void => {
    const lines = new Map<string, string>();
    for (const line of block.split('\n')) {
      if (line.startsWith(':')) comments.push(line);
      const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
      if (name !== undefined) lines.set(name, value!);
    }
    const id = lines.get('id');
    const data = lines.get('data');
    if (id !== undefined) lastId = id;
    if (data !== undefined) sent.push({ event: lines.get('event') ?? 'message', id, data: JSON.parse(data) });
  };
  let rest = '';
  answer.on('data', (chunk: string) => {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop()!;
    blocks.forEach(take);
    wake();
  });
  answer.on('error', () => {});
  const ended = new Promise<void>((resolve) => {
    answer.once('close', () => {
      over = true;
      resolve();
      wake();
    });
  });

  const last = (): string => `last: ${JSON.stringify(sent.slice(-2)).slice(0, 500)}`;
  const untilTrue = (condition: () => boolean, timeoutMs = 20_000): Promise<void> =>
    new Promise((resolve, reject) => {
      const finish = (error?: Error): void => {
        clearTimeout(timer);
        watchers.delete(check);
        if (error) reject(error);
        else resolve();
      };
      const check = (): void => {
        if (condition()) finish();
        else if (over) finish(new Error(`the stream ended first; ${last()}`));
      };
      const timer = setTimeout(() => finish(new Error(`not within ${timeoutMs} ms; ${last()}`)), timeoutMs);
      watchers.add(check);
      check();
    });

  return {
    headers: answer.headers,
    sent,
    comments,
    get events() {
      return sent.filter(({ event }) => event === 'events').flatMap(({ data }) => data.events);
    },
    get lastId() {
      return lastId;
    },
    untilTrue,
    async until(event) {
      await untilTrue(() => sent.some((one) => one.event === event));
      return sent.find((one) => one.event === event)!;
    },
    ended,
    pause: () => void answer.socket.pause(),
    resume: () => void answer.socket.resume(),
    close: () => void request.destroy(),
  };
}
