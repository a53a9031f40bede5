import { setTimeout as sleep } from 'node:timers/promises';
import { erasableParts, listAction, relatedOf } from '../../core/erasure/index.js';
import { type EventInput, toWire } from '../../core/event/index.js';
import type { Logger } from '../../core/log.js';
import { sha256 } from '../../core/seal/index.js';
import { idSql } from '../../core/sql/bind.js';
import { formatUuid, uuidV7, type WireEvent } from '../../core/wire/index.js';
import type { Producer } from '../../producer/index.js';
import { actorOf } from '../auth/actor.js';
import type { EventsTable } from '../query/scope.js';
import type { ActOrigin } from '../registry/system-log.js';
import type { Erasure } from './erasure-table.js';
import type { FoundPart } from './part-table.js';

/** The audit events of erasures: of the system scope, signed by the gateway's own key. */
export interface Announcer {
  /** Who asks for what, on what legal basis. Of the subject it says its kind and its keyed hash. Resolves once Kafka has it. */
  requested(erasure: Erasure, origin: ActOrigin): Promise<void>;
  /**
   * Names parts in events whose bodies hold the list, and resolves once those are stored: only then may anything be erased. Gives the id of
   * the event that names each part, and the digest over the list so far.
   */
  listed(
    erasure: Erasure,
    parts: readonly FoundPart[],
    signal: AbortSignal,
  ): Promise<{ listedIn: (part: FoundPart) => string; listDigest: string }>;
  completed(erasure: Erasure): Promise<void>;
}

/** Events of lists in one call: a body has at most 16 KiB, a record a megabyte. */
const eventsAtOnce = 32;
const storedPollMs = 200;
/** After so long without the event in the table something is wrong that people must know of. */
const lateMs = 60_000;

export function createAnnouncer({
  producer,
  table,
  log,
  now = Date.now,
}: {
  producer: Pick<Producer, 'send'>;
  table: EventsTable;
  log: Logger;
  now?: () => number;
}): Announcer {
  const gateway = { actor: { type: 'system' as const, id: 'gateway' } };
  const eventOf = (erasure: Erasure, fields: Partial<EventInput> & { action: string }): WireEvent => {
    const nowMs = now();
    return toWire(
      {
        scope: 'system',
        ...gateway,
        service: 'gateway',
        outcome: 'success',
        correlation_id: erasure.id,
        target: { type: 'erasure', id: erasure.id },
        ...fields,
      },
      { id: uuidV7(nowMs), nowUs: nowMs * 1_000 },
    );
  };
  const send = (events: WireEvent[]): Promise<unknown> => producer.send(events, { laneKey: 'system' });

  const isStored = async (id: Buffer, signal: AbortSignal): Promise<boolean> => {
    const rows = await table.selectObjects({
      name: 'erasure_list',
      scope: { kind: 'system' },
      columns: ['1 AS found'],
      where: (bind) => [idSql(id, bind)],
      rest: 'LIMIT 1',
      signal,
    });
    return rows.length > 0;
  };
  const stored = async (id: Buffer, signal: AbortSignal): Promise<void> => {
    const beganMs = now();
    let warned = false;
    while (!(await isStored(id, signal))) {
      if (!warned && now() - beganMs > lateMs) {
        warned = true;
        log.warn(
          { event: formatUuid(id) },
          'an erasure waits for the event that names its parts: is the consumer running, or was the event quarantined?',
        );
      }
      await sleep(storedPollMs, undefined, { signal });
    }
  };

  return {
    async requested(erasure, { caller, requestId, ip, userAgent }) {
      await send([
        eventOf(erasure, {
          action: 'erasure.requested',
          ...actorOf(caller),
          request_id: requestId,
          ip,
          user_agent: (userAgent ?? '').slice(0, 1_024),
          details: {
            subjects: 1,
            subject_kind: erasure.subjectKind,
            subject_hash: erasure.subjectHash,
            parts: erasure.parts,
            legal_basis: erasure.legalBasis,
            reason: erasure.reason,
            organizations: erasure.organizations,
            bounds: erasure.bounds,
          },
        }),
      ]);
    },

    async listed(erasure, parts, signal) {
      let digest: Buffer = Buffer.from(erasure.listDigest, 'hex');
      const idOf = new Map<string, string>();
      const events = relatedOf(parts).map((related) => {
        digest = sha256(digest, JSON.stringify(related));
        const event = eventOf(erasure, {
          action: listAction,
          details: { erasure_id: erasure.id, list_digest: digest.toString('hex'), legal_basis: erasure.legalBasis },
        });
        event.body.related = related;
        for (const { type, id } of related) {
          const part = erasableParts.find((name) => type.startsWith(`erased_${name}:`))!;
          idOf.set(`${id}/${part}`, formatUuid(event.body.id));
        }
        return event;
      });
      for (let at = 0; at < events.length; at += eventsAtOnce) await send(events.slice(at, at + eventsAtOnce));
      for (const event of events) await stored(event.body.id, signal);
      return {
        listedIn: ({ headerHash, part }) => idOf.get(`${headerHash}/${part}`)!,
        listDigest: digest.toString('hex'),
      };
    },

    async completed(erasure) {
      await send([
        eventOf(erasure, {
          action: 'erasure.completed',
          details: {
            events: erasure.events,
            parts: erasure.parts,
            subject_hash: erasure.subjectHash,
            legal_basis: erasure.legalBasis,
            parts_listed: erasure.partsListed,
            records: erasure.records,
            quarantined: erasure.quarantined,
            findings: erasure.findings,
            list_digest: erasure.listDigest,
          },
        }),
      ]);
    },
  };
}
