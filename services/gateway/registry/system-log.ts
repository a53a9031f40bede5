import { randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { type EventInput, toWire } from '../../core/event/index.js';
import type { Logger } from '../../core/log.js';
import { uuidV7 } from '../../core/wire/index.js';
import type { Producer } from '../../producer/index.js';
import { type AuthMethod, actorOf } from '../auth/actor.js';
import type { Caller } from '../auth/caller.js';

/** Something that an administrator did, for the system scope. */
export interface SystemAct {
  action: string;
  target?: { type: string; id: string; name?: string };
  details: Record<string, unknown>;
  outcome?: 'success' | 'failure';
  reason?: string;
  /** Of somebody who is nobody yet; otherwise the caller's. */
  auth_method?: AuthMethod;
}

/** Who did it and from where; absent where the gateway did it by itself. */
export interface ActOrigin {
  caller: Caller;
  requestId: string;
  ip: string;
  userAgent: string | undefined;
}

/** The same of somebody who has not signed in. */
export type StrangerOrigin = Omit<ActOrigin, 'caller'> & { caller?: undefined };

export const originOf = (request: Pick<FastifyRequest, 'caller' | 'id' | 'ip' | 'headers'>): ActOrigin => ({
  ...strangerOf(request),
  caller: request.caller,
});

export const strangerOf = ({ id, ip, headers }: Pick<FastifyRequest, 'id' | 'ip' | 'headers'>): StrangerOrigin => ({
  requestId: id,
  ip,
  userAgent: headers['user-agent'],
});

/** Writes the system scope's own audit events, signed by the gateway. */
export interface SystemLog {
  /** Resolves once Kafka has it. */
  write(act: SystemAct, origin?: ActOrigin | StrangerOrigin): Promise<void>;
  /** For what has happened already and must not fail for want of its event: the producer goes on trying, failures are logged. */
  writeLater(act: SystemAct, origin?: ActOrigin | StrangerOrigin): void;
}

function actorFields(origin: ActOrigin | StrangerOrigin | undefined): Pick<EventInput, 'actor' | 'auth_method'> {
  if (!origin) return { actor: { type: 'system', id: 'gateway' } };
  return origin.caller ? actorOf(origin.caller) : { actor: { type: 'anonymous' } };
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
        ...actorFields(origin),
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
