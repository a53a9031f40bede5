import type { IncomingMessage } from 'node:http';
import { type Body, emptyBody } from './body.js';
import { FrontError } from './errors.js';

const FORM = 'multipart/form-data';

/**
 * Parameters may come as a form in the body, where they are too long for the URL; then nothing else is in the body.
 * External tables, which come the same way, are not supported.
 */
export async function readForm({
  request,
  params,
  body,
  limitBytes,
}: {
  request: IncomingMessage;
  params: URLSearchParams;
  body: Body;
  limitBytes: number;
}): Promise<{ params: URLSearchParams; body: Body }> {
  const contentType = request.headers['content-type'] ?? '';
  if (!contentType.toLowerCase().startsWith(FORM)) return { params, body };
  const form = await parse({ contentType, bytes: await readAll({ body, limitBytes }) });
  const all = new URLSearchParams(params);
  for (const [name, value] of form) {
    if (typeof value !== 'string' || !(name === 'query' || name.startsWith('param_'))) {
      throw new FrontError(
        48,
        'NOT_IMPLEMENTED',
        `External tables are not supported: ${name} is neither query nor param_*.`,
      );
    }
    if (name === 'query') all.set(name, (params.get(name) ?? '') + value);
    else all.append(name, value);
  }
  return { params: all, body: emptyBody };
}

async function readAll({ body, limitBytes }: { body: Body; limitBytes: number }): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for (let chunk = await body.next(); chunk !== undefined; chunk = await body.next()) {
    bytes += chunk.length;
    if (bytes > limitBytes)
      throw new FrontError(552, 'QUERY_IS_TOO_LARGE', `The form is larger than ${limitBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function parse({ contentType, bytes }: { contentType: string; bytes: Buffer }) {
  try {
    return await new Response(bytes, { headers: { 'content-type': contentType } }).formData();
  } catch (cause) {
    throw new FrontError(36, 'BAD_ARGUMENTS', `The body is not valid ${FORM}.`, { cause });
  }
}
