import { bundlePath, tilePath } from '../../core/tlog/index.js';
import type { LogPort } from '../../core/verify/follow.js';
import { CliError } from '../errors.js';

/** A bundle may have 256 entries of 65,535 bytes; an entry of ours has some 1,300 at most. */
const mostBytes = 2_097_152;

/** A log over HTTP: a gateway's `/api/log`, or any static copy of the log's folder with `shards.json`. */
export function createHttpLog(base: URL, signal: AbortSignal): LogPort {
  const under = base.href.replace(/\/+$/, '');
  const get = async (path: string): Promise<Uint8Array | undefined> => {
    const url = path === '' ? under : `${under}/${path}`;
    let answer: Response;
    try {
      answer = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(30_000)]), redirect: 'error' });
    } catch (error) {
      throw new CliError('unreachable', `${url} cannot be reached: ${(error as Error).message}.`, { cause: error });
    }
    if (answer.status === 404) return undefined;
    if (!answer.ok) throw new CliError('refused', `${url} answers ${answer.status}.`);
    return readBounded(answer, url);
  };
  const text = async (path: string): Promise<string | undefined> => {
    const bytes = await get(path);
    return bytes && new TextDecoder().decode(bytes);
  };
  return {
    async shards() {
      const list = (await text('')) ?? (await text('shards.json'));
      try {
        const { shards } = JSON.parse(list!) as { shards: { name: string; origin: string }[] };
        if (shards.every(({ name, origin }) => typeof name === 'string' && typeof origin === 'string')) return shards;
      } catch {
        // Said below.
      }
      throw new CliError('bad_answer', `${under} does not list the shards of a log. Give the URL of /api/log.`);
    },
    checkpoint: (name) => text(`${encodeURIComponent(name)}/checkpoint`),
    async tile(name, level, index, width) {
      const at = (path: string): string => `${encodeURIComponent(name)}/${path}`;
      const tile = (await get(at(tilePath(level, index, width)))) ?? (await get(at(tilePath(level, index))));
      // A tile that is not there is one of the wrong length.
      return tile ?? new Uint8Array(0);
    },
    async entries(name, index, width) {
      const at = (path: string): string => `${encodeURIComponent(name)}/${path}`;
      return (await get(at(bundlePath(index, width)))) ?? get(at(bundlePath(index)));
    },
  };
}

async function readBounded(answer: Response, url: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of answer.body ?? []) {
    length += (chunk as Uint8Array).length;
    if (length > mostBytes) throw new CliError('bad_answer', `${url} is longer than anything in a log.`);
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks);
}
