import type { OutgoingHttpHeaders } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { createGzip, constants as zlib } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { messageOf } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';
import { acceptsGzip } from '../http/content-coding.js';
import { signalOf } from '../query/asking.js';
import type { RawQuery, ScopeFor } from '../query/event-queries.js';
import type { Export, Exporter } from './exporter.js';
import { createExportGate } from './gate.js';
import type { ExportLimits } from './limits.js';
import type { ExportMetrics } from './metrics.js';

const pipelineListeners = 10;

/** Answers a request with an export. Problems reject as long as nothing was sent. */
export type SendExport = (ask: {
  request: FastifyRequest;
  reply: FastifyReply;
  scopeFor: ScopeFor;
  query: RawQuery;
}) => Promise<void>;

export function createSendExport({
  exporter,
  limits,
  metrics,
  log,
}: {
  exporter: Exporter;
  limits: ExportLimits;
  metrics: ExportMetrics;
  log: Logger;
}): SendExport {
  const gate = createExportGate(limits);

  const send = async (request: FastifyRequest, reply: FastifyReply, begun: Export, signal: AbortSignal) => {
    const { raw } = reply;
    const { format, events } = begun;
    request.eventsGiven = events;
    const compressed = acceptsGzip(request.headers['accept-encoding']);
    const isHead = request.method === 'HEAD';
    const stop = new AbortController();
    const ended = AbortSignal.any([signal, stop.signal]);
    let failure: unknown;
    /** Says at the very end that this was the end (RFC 9110 §6.5): a proxy may hide that a connection was cut. */
    const source = async function* (): AsyncGenerator<string, void, undefined> {
      try {
        yield* begun.text();
        raw.addTrailers({ 'x-export-complete': String(events) });
      } catch (error) {
        failure = error;
        throw error;
      }
    };
    const longest = setTimeout(() => stop.abort(new Error('it took longer than an export may')), limits.longestMs);
    // A pipeline listens to its end several times over, beside everything that listens to the end of any answer.
    raw.setMaxListeners(pipelineListeners + raw.getMaxListeners());
    raw.setTimeout(limits.stallMs, () => stop.abort(new Error('the client took nothing')));
    reply.hijack();
    try {
      raw.writeHead(200, {
        ...(reply.getHeaders() as OutgoingHttpHeaders),
        'content-type': begun.contentType,
        'content-disposition': `attachment; filename="${fileName(format)}"`,
        vary: 'accept-encoding',
        'x-export-events': String(events),
        ...(compressed ? { 'content-encoding': 'gzip' } : {}),
        // Only a body in chunks has trailers.
        ...(isHead || request.raw.httpVersion === '1.0' ? {} : { trailer: 'x-export-complete' }),
      });
      if (isHead) {
        raw.end();
        return;
      }
      metrics.events.inc({ format }, events);
      if (compressed) await pipeline(source, createGzip({ level: zlib.Z_BEST_SPEED }), raw, { signal: ended });
      else await pipeline(source, raw, { signal: ended });
      metrics.exports.inc({ format, result: 'complete' });
    } catch (error) {
      // The client sees that the answer has no end.
      raw.destroy();
      const result = failure === undefined || ended.aborted ? 'left' : 'failed';
      metrics.exports.inc({ format, result });
      const why = { requestId: request.id, events, error: messageOf(stop.signal.reason ?? error) };
      log[result === 'failed' ? 'error' : 'info'](why, 'an export was cut off');
    } finally {
      clearTimeout(longest);
    }
  };

  return async ({ request, reply, scopeFor, query }) => {
    const leave = gate.enter(request.caller.keyId);
    metrics.running.set(gate.running);
    // `close` comes once, whether the answer was sent or the other side went away.
    reply.raw.once('close', () => {
      leave();
      metrics.running.set(gate.running);
    });
    const signal = signalOf(reply);
    await send(request, reply, await exporter.begin({ scopeFor, query, signal }), signal);
  };
}

/** Nothing of the request is in it. */
const fileName = (format: string): string =>
  `audit-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}Z.${format}`;
