import type { IncomingMessage, ServerResponse } from 'node:http';

const HEALTHY = 'Ok.\n';
const METHODS = new Set(['GET', 'HEAD', 'POST']);

function sendText(response: ServerResponse, status: number, text: string): true {
  response.writeHead(status, { 'Content-Type': 'text/html; charset=UTF-8', 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
  return true;
}

/** Answers what needs neither a user nor the engine: health, and what is no query at all. False for a query. */
export function answerWithoutQuery({
  request,
  response,
  path,
  params,
}: {
  request: IncomingMessage;
  response: ServerResponse;
  path: string;
  params: URLSearchParams;
}): boolean {
  const { method = '' } = request;
  const reads = method === 'GET' || method === 'HEAD';
  if (reads && (path === '/ping' || path === '/replicas_status' || (path === '/' && !params.has('query')))) {
    return sendText(response, 200, HEALTHY);
  }
  if (path !== '/') {
    return sendText(response, 404, `There is no handle ${path}\n\nUse / or /ping for health checks.\n`);
  }
  if (method === 'OPTIONS') return sendText(response, 204, '');
  return METHODS.has(method) ? false : sendText(response, 501, `Method ${method} is not supported.\n`);
}
