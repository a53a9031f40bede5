import { AuditClientError } from '../errors.js';
import type { AuditEvent } from '../event.js';
import type { Parameters } from '../query/filter.js';
import { type Connecting, keepSubscribed } from './connections.js';
import type { Inbox } from './inbox.js';

/** What the stream brings, in order. */
export type Item =
  | { kind: 'events'; events: AuditEvent[]; cursor: string }
  | { kind: 'caught_up'; cursor: string }
  | { kind: 'dropped'; count: number };

export interface Subscription {
  filter: Parameters;
  since: string | undefined;
  fields: readonly string[] | undefined;
  delivery: 'all' | 'latest' | undefined;
}

/**
 * Fills the inbox, over as many connections as it takes, each beginning where the last one ended. Resolves when the signal aborts;
 * rejects with what no further connection can change.
 */
export async function receiveAll({
  subscription: { filter, since, fields, delivery },
  inbox,
  onBegin,
  ...connecting
}: Connecting & {
  subscription: Subscription;
  inbox: Inbox<Item>;
  /** Where it begins; at each connection. */
  onBegin: (cursor: string) => void;
}): Promise<void> {
  let arrived = since;
  await keepSubscribed({
    ...connecting,
    inbox,
    subscribe: () => ({
      filter,
      ...(arrived === undefined ? {} : { since: arrived }),
      ...(fields === undefined ? {} : { fields }),
      ...(delivery === undefined ? {} : { delivery }),
    }),
    take(message, bytes) {
      if (message.type === 'subscribed') {
        arrived = message.cursor;
        onBegin(message.cursor);
      } else if (message.type === 'events') {
        if (message.from !== arrived && delivery !== 'latest') throw outOfOrder();
        arrived = message.to;
        inbox.put({ kind: 'events', events: message.events, cursor: message.to }, bytes);
      } else if (message.type === 'caught_up') inbox.put({ kind: 'caught_up', cursor: message.cursor }, bytes);
      else if (message.type === 'dropped') inbox.put({ kind: 'dropped', count: message.count }, bytes);
    },
  });
}

const outOfOrder = (): AuditClientError =>
  new AuditClientError(
    'cut',
    'a message of the stream does not follow the one before it; the stream goes on from that',
    {
      retriable: true,
    },
  );
