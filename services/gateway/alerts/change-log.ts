import { createHash } from 'node:crypto';
import { toWire } from '../../core/event/index.js';
import type { Logger } from '../../core/log.js';
import { uuidV7 } from '../../core/wire/index.js';
import type { Producer } from '../../producer/index.js';
import { actorOf } from '../auth/actor.js';
import type { ActOrigin } from '../registry/system-log.js';

/** Something that a person changed about alerts or saved views. */
export interface AlertChange {
  action: string;
  /** Whose; '' is the deployment's, whose changes are events of the system scope. */
  organization: string;
  target: { type: string; id: string; name?: string };
  details?: Record<string, unknown>;
  /** What it was and is; without secrets. */
  before?: Record<string, unknown> | undefined;
  after?: Record<string, unknown> | undefined;
}

/** Makes audit events of what people change, in the log of the organization that it concerns. */
export interface ChangeLog {
  /** Resolves once Kafka has it. */
  write(change: AlertChange, origin: ActOrigin): Promise<void>;
  /** For what has happened already: the producer goes on trying, a loss is logged. */
  writeLater(change: AlertChange, origin: ActOrigin): void;
}

/** Longer texts are told by their beginning and their digest: an event has limits, and every version of a rule is kept anyway. */
const mostOfText = 16_384;

export function createChangeLog({
  producer,
  log,
  now = Date.now,
}: {
  producer: Pick<Producer, 'send'>;
  log: Logger;
  now?: () => number;
}): ChangeLog {
  const write: ChangeLog['write'] = async (change, origin) => {
    const { action, organization, target, details = {}, before, after } = change;
    const nowMs = now();
    const event = toWire(
      {
        ...(organization === ''
          ? { scope: 'system' as const }
          : { scope: 'organization' as const, organization_id: organization }),
        ...actorOf(origin.caller),
        service: 'gateway',
        request_id: origin.requestId,
        outcome: 'success',
        action,
        target: { ...target, name: (target.name ?? '').slice(0, 1_024) },
        details,
        ...(before ? { before: bounded(before) } : {}),
        ...(after ? { after: bounded(after) } : {}),
        ip: origin.ip,
        user_agent: (origin.userAgent ?? '').slice(0, 1_024),
      },
      { id: uuidV7(nowMs), nowUs: nowMs * 1_000 },
    );
    await producer.send([event], { laneKey: organization === '' ? 'system' : organization });
  };
  return {
    write,
    writeLater(change, origin) {
      write(change, origin).catch((err) => log.error({ change, err }, 'an audit event of a change was lost'));
    },
  };
}

const bounded = (value: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(value).map(([name, one]) => {
      if (typeof one !== 'string' || one.length <= mostOfText) return [name, one];
      const digest = createHash('sha256').update(one).digest('hex');
      return [name, `${one.slice(0, mostOfText)}… (${one.length} characters, SHA-256 ${digest})`];
    }),
  );
