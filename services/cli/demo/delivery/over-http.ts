import { randomUUID } from 'node:crypto';
import type { EventInput } from '../../../core/event/index.js';
import type { Api } from '../../http/api.js';
import { createFlow, type Delivery } from './delivery.js';

const mostInRequest = 500;
const mostUnderWay = 5_000;
const patienceMs = 30_000;

/** Through the gateway, which signs; one request at a time, with all that came in meanwhile. */
export function createHttpDelivery(api: Api): Delivery {
  const flow = createFlow(mostUnderWay);
  let queue: EventInput[] = [];
  let busy = false;

  const pump = async (): Promise<void> => {
    busy = true;
    while (queue.length > 0) {
      const body = queue.slice(0, mostInRequest);
      queue = queue.slice(mostInRequest);
      try {
        const headers = { 'idempotency-key': `demo-${randomUUID()}` };
        await api.post('/api/audit/events', { body, headers, patienceMs });
        flow.settle(body.length);
      } catch (error) {
        flow.settle(body.length, error as Error);
      }
    }
    busy = false;
  };

  return {
    how: "signed by the gateway's key, over HTTP",
    get sent() {
      return flow.sent;
    },
    get acknowledged() {
      return flow.acknowledged;
    },
    get failure() {
      return flow.failure;
    },
    send(event) {
      flow.take(1);
      queue.push(event);
      if (!busy) void pump();
      return flow.room();
    },
    close: () => flow.idle(),
  };
}
