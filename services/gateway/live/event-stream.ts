import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { encodeIngestCursor } from '../../core/cursor/index.js';
import { messageOf } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';
import { Problem } from '../errors.js';
import type { Credential } from './credential.js';
import { eventStreamFormat } from './frames.js';
import type { StreamLimits } from './limits.js';
import type { LiveMetrics } from './metrics.js';
import type { OpenStream } from './open-streams.js';
import { problemAnswer } from './protocol.js';
import { createRoom } from './room.js';
import type { Outlet, Subscription } from './subscription.js';

/** After how long a browser connects again. */
const retryMs = 2_000;
const lastWordsMs = 5_000;

/** One answer of server-sent events, with one subscription. */
export interface EventStream extends OpenStream {
  /** The answer begins when the subscription says where it begins: until then it can be a problem. */
  readonly outlet: Outlet;
  carry(subscription: Subscription): void;
  /** Sends nothing more. */
  leave(): void;
}

export function createEventStream({
  response,
  begin,
  credential,
  limits: { unsentBytes, stallMs, keepaliveMs },
  metrics,
  log,
}: {
  response: ServerResponse;
  /** Takes the response over; gives the headers that it has so far. */
  begin: () => OutgoingHttpHeaders;
  credential: Credential;
  limits: StreamLimits;
  metrics: LiveMetrics;
  log: Logger;
}): EventStream {
  let subscription: Subscription | undefined;
  let isOver = false;
  /** Why it is over before it began. */
  let refusal: Problem | undefined;

  const write = (event: string, data: object, id: string | undefined): void => {
    const idLine = id === undefined ? '' : `id: ${id}\n`;
    response.write(`${idLine}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };

  const leave = (): void => {
    if (isOver) return;
    isOver = true;
    clearInterval(beat);
    subscription?.stop();
    room.stop();
  };

  const end = (problem: Problem): void => {
    if (isOver) return;
    leave();
    if (!response.headersSent) {
      refusal = problem;
      return;
    }
    const cursor = subscription && encodeIngestCursor(subscription.cursor);
    write('problem', { problem: problemAnswer(problem), ...(cursor ? { cursor } : {}) }, cursor);
    response.end();
    setTimeout(() => response.destroy(), lastWordsMs).unref();
  };

  const close: OpenStream['close'] = (why, problem) => {
    if (!isOver) metrics.closed.inc({ why });
    end(problem);
  };

  const room = createRoom({
    wire: response,
    isOpen: () => !response.destroyed && !isOver,
    unsentBytes,
    stallMs,
    onStall: () => close('stalled', stalled()),
  });
  const beat = setInterval(() => {
    if (response.headersSent && response.writableLength === 0) response.write(': here\n\n');
  }, keepaliveMs / 2);

  return {
    credential,
    close,
    leave,
    outlet: {
      format: eventStreamFormat,
      room,
      subscribed(cursor) {
        if (refusal) throw refusal;
        response.writeHead(200, { ...begin(), ...streamHeaders });
        response.write(`retry: ${retryMs}\n\n`);
        write('subscribed', { cursor }, cursor);
      },
      events: (frame) => void response.write(frame),
      caughtUp: (cursor) => write('caught_up', { cursor }, cursor),
      dropped: (count, from, to) => write('dropped', { count, from, to }, to),
    },
    carry(carried) {
      subscription = carried;
      // It may be over already.
      if (isOver) carried.stop();
      carried.ended.catch((error) => {
        if (!(error instanceof Problem)) log.error({ error: messageOf(error) }, 'a subscription failed');
        end(error instanceof Problem ? error : new Problem('internal', 'the subscription failed'));
      });
    },
  };
}

const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  // A proxy that collects answers before it passes them on (nginx) is asked not to.
  'x-accel-buffering': 'no',
};

const stalled = (): Problem => new Problem('rate-limited', 'nothing was taken for too long; resume with the last id');
