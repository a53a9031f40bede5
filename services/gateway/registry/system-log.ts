import { randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { toWire } from '../../core/event/index.js';
import type { Logger } from '../../core/log.js';
import { uuidV7 } from '../../core/wire/index.js';
import type { Producer } from '../../producer/index.js';
import { actorOf } from '../auth/actor.js';
import type { Caller } from '../auth/caller.js';

/** Something that an administrator did, for the system scope. */
export interface SystemAct {
  action: string;
  target: { type: string; id: string; name?: string };
  details: Record<string, unknown>;
  outcome?: 'success' | 'failure';
  reason?: string;
}

/** Who did it and from where; absent where the gateway did it by itself. */
export interface ActOrigin {
  caller: Caller;
  requestId: string;
  ip: string;
  userAgent: string | undefined;
}

export const originOf = (request: Pick<FastifyRequest, 'caller' | 'id' | 'ip' | 'headers'>): ActOrigin => ({
  caller: request.caller,
  requestId: request.id,
  ip: request.ip,
  userAgent: request.headers['user-agent'],
});

/** Writes the system scope's own audit events, signed by the gateway. */
export interface SystemLog {
  /** Resolves once Kafka has it. */
  write(act: SystemAct, origin?: ActOrigin): Promise<void>;
  /** For what has happened already and must not fail for want of its event: the producer goes on trying, failures are logged. */
  writeLater(act: SystemAct, origin?: ActOrigin): void;
}

export function createSystemLog({
  producer,
  log,
  now = Date.now,
}: {
  producer: Pick<Producer, 'send'>;
  log: Logger;
  now?: () => number;
}): SystemLog {
  const write: SystemLog['write'] = async ({ outcome = 'success', ...act }, origin) => {
    const nowMs = now();
    const event = toWire(
      {
        scope: 'system',
        ...(origin ? actorOf(origin.caller) : { actor: { type: 'system', id: 'gateway' } }),
        service: 'gateway',
        request_id: origin?.requestId ?? randomUUID(),
        outcome,
        ...act,
        ...(origin ? { ip: origin.ip, user_agent: (origin.userAgent ?? '').slice(0, 1_024) } : {}),
      },
      { id: uuidV7(nowMs), nowUs: nowMs * 1_000 },
    );
    await producer.send([event], { laneKey: 'system' });
  };
  return {
    write,
    writeLater(act, origin) {
      write(act, origin).catch((err) => log.error({ act, err }, 'an audit event of the system scope was lost'));
    },
  };
}
