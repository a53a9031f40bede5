import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';

const MAIN = fileURLToPath(new URL('../../infra/local/clickhouse/main.js', import.meta.url));
export const USER = 'tester';
export const PASSWORD = 'a secret: with @ and /';

type ClientOptions = Parameters<typeof createClient>[0];

export interface TestFront {
  readonly url: string;
  readonly folder: string;
  readonly pid: number;
  client(options?: ClientOptions): ReturnType<typeof createClient>;
  /** One request as the user, by the bare HTTP client. */
  send(options: SendOptions): Promise<Answer>;
  /** Resolves with the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** Stops it, closes its clients and removes its folder. */
  remove(): Promise<void>;
}

export interface SendOptions {
  readonly method?: string;
  readonly path?: string;
  readonly params?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  /** Without the user and the password. */
  readonly anonymous?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly bytes: Buffer;
  readonly text: string;
  /** The connection broke before the answer was whole. */
  readonly aborted: boolean;
}

/** A folder that goes with the process. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sealstream-front-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts the front as its own process, as the supervisor does, and collects what it prints. */
export function spawnFront(environment: Record<string, string> = {}): {
  child: ChildProcess;
  output: () => string;
  readyUrl: Promise<string>;
} {
  const child = spawn(process.execPath, [MAIN], {
    env: {
      ...process.env,
      UV_THREADPOOL_SIZE: '10',
      CLICKHOUSE_FRONT_PORT: '0',
      CLICKHOUSE_FRONT_USER: USER,
      CLICKHOUSE_FRONT_PASSWORD: PASSWORD,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const lines: string[] = [];
  const readyUrl = new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        const url = /^clickhouse front ready on (\S+) \(ClickHouse [\d.]+\)$/.exec(line)?.[1];
        if (url) resolve(url);
      });
    }
    child.once('exit', (code) => reject(new Error(`the front ended with ${code}: ${lines.join('\n')}`)));
  });
  readyUrl.catch(() => {});
  return { child, output: () => lines.join('\n'), readyUrl };
}

export async function startFront({
  folder = newFolder(),
  env = {},
}: {
  folder?: string;
  env?: Record<string, string>;
} = {}): Promise<TestFront> {
  const { child, readyUrl } = spawnFront({ CLICKHOUSE_FRONT_DATA: folder, ...env });
  const url = await readyUrl;
  const clients: ReturnType<typeof createClient>[] = [];
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
    return child.exitCode;
  };
  return {
    url,
    folder,
    pid: child.pid as number,
    client(options = {}) {
      const client = createClient({
        url,
        username: USER,
        password: PASSWORD,
        log: { level: ClickHouseLogLevel.OFF },
        ...options,
      });
      clients.push(client);
      return client;
    },
    send: (options) => send({ url, ...options }),
    stop,
    async remove() {
      for (const client of clients) await client.close();
      await stop('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function send({
  url,
  method = 'POST',
  path = '/',
  params = {},
  headers = {},
  body,
  anonymous = false,
}: SendOptions & { url: string }): Promise<Answer> {
  const credentials = anonymous ? {} : { 'X-ClickHouse-User': USER, 'X-ClickHouse-Key': PASSWORD };
  const query = new URLSearchParams(params).toString();
  return new Promise((resolve, reject) => {
    const call = request(
      `${url}${path}${query === '' ? '' : `?${query}`}`,
      { method, headers: { ...credentials, ...headers }, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', () => {});
        response.on('close', () => {
          const bytes = Buffer.concat(chunks);
          const { statusCode = 0, complete } = response;
          resolve({ status: statusCode, headers: response.headers, bytes, text: bytes.toString(), aborted: !complete });
        });
      },
    );
    call.on('error', reject);
    call.end(body ?? (method === 'POST' ? '' : undefined));
  });
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks again until it holds; says what it waited for when it never does. */
export async function eventually(
  what: string,
  holds: () => Promise<boolean>,
  { timeoutMs = 10_000 }: { timeoutMs?: number } = {},
): Promise<void> {
  for (const end = Date.now() + timeoutMs; Date.now() < end; await sleep(50)) if (await holds()) return;
  throw new Error(`not within ${timeoutMs} ms: ${what}`);
}
