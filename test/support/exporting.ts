import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';

/** An answer as it comes over the wire: unpacked by nobody, its trailers kept, and taken as fast as the test wants. */
export async function openExport(
  url: string,
  {
    key = 'admin',
    headers = {},
    method = 'GET',
  }: { key?: string; headers?: Record<string, string>; method?: string } = {},
): Promise<IncomingMessage> {
  const asked = request(url, { method, headers: { 'x-api-key': key, ...headers }, agent: false });
  asked.end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return answer;
}

export interface Taken {
  status: number;
  headers: IncomingMessage['headers'];
  trailers: NodeJS.Dict<string>;
  bytes: Buffer;
  text: string;
  /** Whether the answer ended as HTTP ends one; not where the connection was cut. */
  complete: boolean;
}

/** Takes the rest of an answer, to its end or to where it was cut off. */
export async function takeAll(answer: IncomingMessage): Promise<Taken> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of answer) chunks.push(chunk as Buffer);
  } catch {
    // Cut off: `complete` says so.
  }
  const bytes = Buffer.concat(chunks);
  const { statusCode = 0, headers, trailers, complete } = answer;
  return { status: statusCode, headers, trailers, bytes, text: bytes.toString('utf8'), complete };
}
