import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Transform, Writable } from 'node:stream';
import { createBrotliCompress, createDeflate, createGzip } from 'node:zlib';
import { createBlockPacker } from './compressed-blocks.js';
import type { FrontError } from './errors.js';
import type { ResultHold } from './result-hold.js';

export interface Totals {
  readonly readRows: number;
  readonly readBytes: number;
  readonly writtenRows: number;
  readonly writtenBytes: number;
  readonly resultRows: number;
  readonly resultBytes: number;
  readonly elapsedNs: number;
}

/** One answer: its first bytes are held back, so that an early error still has its status. */
export interface Reply {
  /** Headers to send with the status; without effect once that is sent. */
  set(headers: Record<string, string>): void;
  /** Resolves when more may be written. Throws when the client is gone. */
  write(chunk: Buffer): Promise<void>;
  end(totals?: Totals): Promise<void>;
  /** As a status and a text, or within the result where that is on its way. */
  fail(error: FrontError): Promise<void>;
}

const ENCODERS = { br: createBrotliCompress, gzip: createGzip, deflate: createDeflate } as const;
export type Encoding = keyof typeof ENCODERS;

/** The best that the client's Accept-Encoding allows, in ClickHouse's order. */
export function chooseEncoding(accepted: string | undefined): Encoding | undefined {
  const names = new Set((accepted ?? '').split(',').map((item) => item.split(';')[0]?.trim().toLowerCase()));
  return (Object.keys(ENCODERS) as Encoding[]).find((name) => names.has(name));
}

export function createReply({
  response,
  version,
  exceptionTag,
  encoding,
  packBlocks,
  hold,
  holdBytes,
}: {
  response: ServerResponse;
  version: string;
  /** Sixteen letters that announce an error within a result, where no row can imitate them. */
  exceptionTag: string;
  encoding: Encoding | undefined;
  /** In ClickHouse's own compressed format, which no header announces. */
  packBlocks: boolean;
  hold: ResultHold;
  /** How much is held back until the status is sent. */
  holdBytes: number;
}): Reply {
  let sink: Writable | undefined;
  /** Where compressed bytes come out. */
  let packed: Transform | undefined;
  const closed = new Promise<void>((resolve) => {
    response.once('close', resolve);
    response.once('error', () => resolve());
  });

  /** Waits for the event, or for the client to go. */
  const until = async (emitter: Writable, event: string): Promise<void> => {
    const waiting = new AbortController();
    const happened = once(emitter, event, { signal: waiting.signal });
    happened.catch(() => {});
    await Promise.race([happened, closed]);
    waiting.abort();
  };

  const push = async (chunk: Buffer): Promise<void> => {
    if (response.destroyed) throw new Error('the client has gone');
    if (sink?.write(chunk) === false) await until(sink, 'drain');
  };

  const start = async (): Promise<void> => {
    if (encoding !== undefined) response.setHeader('Content-Encoding', encoding);
    const stages = [...(packBlocks ? [createBlockPacker()] : []), ...(encoding ? [ENCODERS[encoding]()] : [])];
    stages.forEach((stage, index) => {
      const next = stages[index + 1];
      if (next) stage.pipe(next);
      else stage.pipe(response, { end: false });
    });
    [sink] = [...stages, response];
    packed = stages.at(-1);
    for await (const chunk of hold.release()) await push(chunk);
  };

  /** Everything that was written has gone through compression. */
  const flush = async (): Promise<void> => {
    if (packed === undefined || response.destroyed) return;
    sink?.end();
    await until(packed, 'end');
  };

  const finish = async (): Promise<void> => {
    await flush();
    if (response.destroyed) return;
    response.end();
    if (!response.writableFinished) await until(response, 'finish');
  };

  /** Ends the connection without the closing chunk, so that a client that knows no tag sees a result that broke off. */
  const breakOff = async (): Promise<void> => {
    await flush();
    response.socket?.destroySoon();
  };

  return {
    set(headers) {
      if (response.headersSent) return;
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    },
    async write(chunk) {
      if (sink) return push(chunk);
      await hold.append(chunk);
      if (hold.bytes > holdBytes) await start();
    },
    async end(totals) {
      if (!sink) {
        if (totals) response.setHeader('X-ClickHouse-Summary', summary(totals));
        if (encoding === undefined && !packBlocks) response.setHeader('Content-Length', hold.bytes);
        await start();
      }
      await finish();
    },
    async fail(error) {
      const text = `${error.message} (version ${version})\n`;
      if (sink) {
        await push(inStream({ text, exceptionTag }));
        return breakOff();
      }
      hold.discard();
      await hold.append(Buffer.from(text));
      response.statusCode = error.status;
      response.setHeader('X-ClickHouse-Exception-Code', String(error.code));
      response.setHeader('Content-Type', 'text/plain; charset=UTF-8');
      response.removeHeader('X-ClickHouse-Format');
      if (error.status === 401) response.setHeader('WWW-Authenticate', 'Basic realm="ClickHouse server HTTP API"');
      await start();
      await finish();
    },
  };
}

/** ClickHouse promises that the whole frame is at most 16 KiB. */
const IN_STREAM_TEXT_BYTES = 15_000;

/** The frame that ClickHouse puts an error in when rows are on their way already (since 25.11). */
function inStream({ text, exceptionTag }: { text: string; exceptionTag: string }): Buffer {
  const message = Buffer.from(text.trimEnd()).subarray(0, IN_STREAM_TEXT_BYTES);
  return Buffer.concat([
    Buffer.from(`\r\n__exception__\r\n${exceptionTag}\r\n`),
    message,
    // The length counts the line break.
    Buffer.from(`\n${message.length + 1} ${exceptionTag}\r\n__exception__\r\n`),
  ]);
}

const summary = (totals: Totals): string =>
  JSON.stringify({
    read_rows: String(totals.readRows),
    read_bytes: String(totals.readBytes),
    written_rows: String(totals.writtenRows),
    written_bytes: String(totals.writtenBytes),
    total_rows_to_read: '0',
    result_rows: String(totals.resultRows),
    result_bytes: String(totals.resultBytes),
    elapsed_ns: String(totals.elapsedNs),
  });
