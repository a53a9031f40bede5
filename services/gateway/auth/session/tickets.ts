import type { Redis } from 'ioredis';
import { Problem } from '../../errors.js';
import type { Caller } from '../caller.js';
import type { CredentialSource, Sources } from '../sources.js';
import { createSecretStore } from './secret-store.js';
import type { Sessions } from './sessions.js';

const ticketMs = 30_000;

/** A session's ticket ends with the session, a key's with the key. */
type Stored = { session: string } | { source: CredentialSource };

/** Tickets to open one stream with, for where no header can be sent and a key should not be written into a URL. */
export interface Tickets {
  issue(caller: Caller): Promise<{ ticket: string; expiresAtMs: number }>;
  /** Once. A way to ask who it stands for, now and later; undefined where it is unknown, used or expired. */
  redeem(ticket: string): Promise<(() => Promise<Caller>) | undefined>;
}

export function createTickets({
  redis,
  audience,
  sources,
  sessions,
  now = Date.now,
}: {
  redis: Redis;
  audience: string;
  sources: Pick<Sources, 'of'>;
  sessions: Pick<Sessions, 'ofId'>;
  now?: () => number;
}): Tickets {
  const store = createSecretStore<Stored>({ redis, audience, kind: 'ticket' });
  return {
    async issue({ source, session }) {
      const stored = session ? { session: session.id } : source && { source };
      if (!stored) throw new Problem('conflict', 'this credential can get no ticket');
      const ticket = await store.put(stored, ticketMs);
      return { ticket, expiresAtMs: now() + ticketMs };
    },
    async redeem(ticket) {
      const stored = await store.take(ticket);
      if (!stored) return undefined;
      return () => ('session' in stored ? sessions.ofId(stored.session) : sources.of(stored.source));
    },
  };
}
