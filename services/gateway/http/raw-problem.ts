import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Problem, problemKinds } from '../errors.js';
import { problemBody, problemContentType } from './problem-body.js';
import { securityHeaders } from './security-headers.js';

/** A problem where no route is at work. */
export function sendProblem(
  response: ServerResponse,
  problem: Problem,
  { headers = {}, requestId = randomUUID() }: { headers?: Record<string, string>; requestId?: string } = {},
): void {
  const { status } = problemKinds[problem.kind];
  response
    .writeHead(status, {
      ...securityHeaders,
      ...problem.headers,
      ...headers,
      'content-type': problemContentType,
      'x-request-id': requestId,
    })
    .end(JSON.stringify(problemBody(problem, requestId)));
}

/** What could not be read as a request. */
export function refuseConnection(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? new Problem('headers-too-large', 'the request line and headers are larger than the gateway reads')
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? new Problem('request-timeout', 'the request did not arrive in time')
        : new Problem('invalid-request', 'this is no well-formed HTTP/1.1 request');
  const body = JSON.stringify(problemBody(problem, randomUUID()));
  const head = [
    `HTTP/1.1 ${problemKinds[problem.kind].status} ${problem.kind}`,
    `content-type: ${problemContentType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
