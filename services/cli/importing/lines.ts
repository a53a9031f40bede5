import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { messageOf } from '../../core/errors.js';
import { CliError } from '../errors.js';

/** A file's lines, and what is known of the file while they are read. */
export interface LineSource {
  /** Without line ends; UTF-8, what is none replaced. A line longer than `longestLine` bytes is cut and marked. */
  lines(): AsyncGenerator<string>;
  /** SHA-256 over every line given out so far, whether it ended in LF or CRLF, plain or gzip. */
  digest(): Buffer;
  readonly linesRead: number;
  readonly bytesRead: number;
  /** Of the file as stored; undefined for stdin. */
  readonly bytesTotal: number | undefined;
}

/** Syslog daemons cut at 8 KiB or before; whatever is longer was not written by one. */
export const longestLine = 8_192;
/** In front, so that no format takes what is left of the line for a whole one. */
const cutMark = `[more than ${longestLine} bytes] `;

/** Opens a file, gzip or plain, or stdin for `-`. Holds one chunk at a time in memory. */
export async function openLines(path: string, stdin: Readable): Promise<LineSource> {
  const bytesTotal = path === '-' ? undefined : await sizeOf(path);
  const stored = path === '-' ? stdin : createReadStream(path);
  const hash = createHash('sha256');
  let bytesRead = 0;
  let linesRead = 0;

  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of stored) {
      bytesRead += chunk.length;
      yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    }
  }

  async function* lines(): AsyncGenerator<string> {
    try {
      for await (const line of splitLines(plain(counted()))) {
        linesRead += 1;
        hash.update(line).update('\n');
        yield line;
      }
    } catch (error) {
      if (error instanceof CliError) throw error;
      throw new CliError('input', `${path === '-' ? 'stdin' : path}: ${messageOf(error)}`, { cause: error });
    }
  }

  return {
    lines,
    digest: () => hash.copy().digest(),
    get linesRead() {
      return linesRead;
    },
    get bytesRead() {
      return bytesRead;
    },
    bytesTotal,
  };
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new CliError('input', `${path} is a folder; name the log file in it.`);
    return found.isFile() ? found.size : undefined;
  } catch (error) {
    if (error instanceof CliError) throw error;
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new CliError('input', missing ? `There is no file ${path}.` : `${path} cannot be read: ${messageOf(error)}`);
  }
}

/** Unpacks what begins like gzip, whatever its name. */
async function* plain(chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < 2) {
    const { value, done } = await chunks.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  async function* whole(): AsyncGenerator<Buffer> {
    yield head;
    yield* chunks;
  }
  if (head[0] !== 0x1f || head[1] !== 0x8b) return yield* whole();
  const unpacked = new PassThrough();
  const done = pipeline(whole(), createGunzip(), unpacked);
  // Whoever reads `unpacked` gets the failure from it; nobody waits for this promise until the end.
  done.catch(() => {});
  yield* unpacked;
  await done;
}

async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let cut = false;
  const keep = (part: Buffer): void => {
    const room = longestLine - heldBytes;
    if (part.length > room) cut = true;
    if (room > 0 && part.length > 0) held.push(part.subarray(0, room));
    heldBytes += Math.min(part.length, room);
  };
  const take = (): string => {
    const text = Buffer.concat(held).toString('utf8').replace(/\r$/, '');
    const line = cut ? cutMark + text : text;
    held = [];
    heldBytes = 0;
    cut = false;
    return line;
  };
  let open = false;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, from)) {
      keep(chunk.subarray(from, end));
      yield take();
      from = end + 1;
    }
    keep(chunk.subarray(from));
    open = heldBytes > 0 || cut;
  }
  if (open) yield take();
}
