import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { messageOf } from '../core/errors.js';
import type { Table, TableBlock } from './blocks/index.js';
import { InsertFailed } from './errors.js';

/** Writes blocks into ClickHouse. The only place that inserts into `events`, `quarantine` and `batches`. */
export interface Sink {
  /**
   * Inserts the block under its token: resolves once ClickHouse has written it, or has found that it did so before. `permit` is
   * called when all but the block's last byte is on its way; when it throws, that byte is not sent and nothing is inserted. Rejects
   * with InsertFailed, after which the block may be there or not.
   */
  insert(insertion: { table: Table; block: TableBlock; token: string; permit: () => void }): Promise<void>;
  close(): void;
}

/** Indexes that cost more than the insert itself. What is not merged yet is little, and is read without them. */
const builtByMerges = 'id actor email target related correlation request trace session ip text'
  .split(' ')
  .map((name) => `by_${name}`)
  .join(',');

/** The most of an error's text that is worth keeping. */
const errorBytes = 4_096;

/**
 * Blocks go by node:http and not by the client library: their memory goes into the socket as it is, with its length said beforehand,
 * and the last byte can be held back until it is sure that it may go (docs/decisions/0012-delivery.md).
 */
export function createSink({
  url,
  database,
  timeoutMs,
  connections = 8,
}: {
  /** With user and password. */
  url: URL;
  database: string;
  /** Without a byte from ClickHouse. */
  timeoutMs: number;
  connections?: number;
}): Sink {
  const secure = url.protocol === 'https:';
  const agent = new (secure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: connections });
  const headers = {
    'X-ClickHouse-User': decodeURIComponent(url.username) || 'default',
    'X-ClickHouse-Key': decodeURIComponent(url.password),
    'Content-Type': 'application/octet-stream',
  };

  const addressOf = (table: Table, columns: readonly string[], token: string): URL => {
    const address = new URL('/', url);
    address.username = '';
    address.password = '';
    address.search = new URLSearchParams({
      query: `INSERT INTO ${table} (${columns.join(', ')}) FORMAT Native`,
      database,
      async_insert: '0',
      insert_deduplicate: '1',
      insert_deduplication_token: token,
      exclude_materialize_skip_indexes_on_insert: builtByMerges,
      wait_end_of_query: '1',
    }).toString();
    return address;
  };

  return {
    async insert({ table, block, token, permit }) {
      const chunks = block.chunks().filter((chunk) => chunk.length > 0);
      const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      const request = (secure ? httpsRequest : httpRequest)(addressOf(table, block.columnNames, token), {
        method: 'POST',
        agent,
        headers: { ...headers, 'Content-Length': length },
        timeout: timeoutMs,
      });
      const failed = (error: unknown): InsertFailed =>
        new InsertFailed(`inserting into ${table} at ${url.host} failed: ${messageOf(error)}`, { cause: error });
      request.once('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)));
      const answer = new Promise<IncomingMessage>((resolve, reject) => {
        request.once('response', resolve);
        request.once('error', (error) => reject(failed(error)));
      });
      // Whoever awaits the connection first reports the failure.
      answer.catch(() => {});
      try {
        await Promise.race([sendAllButLast(request, chunks), answer]);
        permit();
        request.end(chunks.at(-1)!.subarray(-1));
        await accepted(await answer, table, failed);
      } catch (error) {
        request.destroy();
        throw error;
      }
    },
    close: () => agent.destroy(),
  };
}

/** Resolves once everything but the last byte is in the hands of the operating system. */
function sendAllButLast(request: ReturnType<typeof httpRequest>, chunks: readonly Buffer[]): Promise<void> {
  return new Promise((resolve) => {
    request.cork();
    for (const chunk of chunks.slice(0, -1)) request.write(chunk);
    request.write(chunks.at(-1)!.subarray(0, -1), () => resolve());
    request.uncork();
  });
}

async function accepted(
  response: IncomingMessage,
  table: Table,
  failed: (error: unknown) => InsertFailed,
): Promise<void> {
  let text = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) if (text.length < errorBytes) text += chunk;
  } catch (error) {
    throw failed(error);
  }
  const code = response.headers['x-clickhouse-exception-code'];
  if (response.statusCode === 200 && code === undefined) return;
  throw new InsertFailed(
    `ClickHouse refused a block for ${table} (HTTP ${response.statusCode}${code ? `, code ${code}` : ''}): ${text.slice(0, errorBytes).trim()}`,
  );
}
