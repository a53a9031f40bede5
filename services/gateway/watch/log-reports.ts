import { toWire } from '../../core/event/index.js';
import { sha256 } from '../../core/seal/index.js';
import { uuidFromKey } from '../../core/wire/index.js';
import { slotOf } from '../ingest/idempotency-store.js';
import type { KeyedPublisher } from '../ingest/keyed-publisher.js';
import { readById } from '../query/event-by-id.js';
import type { EventsTable } from '../query/scope.js';

/** What is said of the log itself, in the system scope. */
export interface LogReport {
  action: 'log.gap_detected' | 'log.gap_closed' | 'log.equivocation_detected' | 'log.verification_failed';
  target?: { type: string; id: string };
  details: Readonly<Record<string, unknown>>;
}

/**
 * Publishes a report once for its key, whoever asks and however often, also after a crash: the event's id comes of the key, Redis holds
 * the signed bytes for a day, and what is stored already is not published again. False where it had been published before. Rejects when a
 * part is away; then it is asked again.
 */
export type PublishReport = (report: LogReport, key: string) => Promise<boolean>;

/** Keys of clients belong to `organization:…` and `key:…`, so that none of them can be one of these. */
const tenant = 'gateway:log';

export function createReportPublisher({
  publishKeyed,
  table,
  audience,
  secret,
  now = Date.now,
}: {
  publishKeyed: KeyedPublisher;
  table: EventsTable;
  audience: string;
  secret: Buffer;
  now?: () => number;
}): PublishReport {
  return async ({ action, target, details }, key) => {
    const id = uuidFromKey(secret, tenant, key, 0);
    if ((await readById({ table, scope: { kind: 'system' }, id })).length > 0) return false;
    // The time is that of the report: rules of alerts take no notice of what comes long after its time.
    const event = toWire(
      {
        scope: 'system',
        actor: { type: 'system', id: 'gateway' },
        service: 'gateway',
        action,
        outcome: 'success',
        ...(target ? { target } : {}),
        details,
      },
      { id, nowUs: now() * 1_000 },
    );
    const { replayed } = await publishKeyed({
      slot: slotOf(audience, tenant, key),
      bodyHash: sha256(key),
      events: [event],
      laneKey: 'system',
    });
    return !replayed;
  };
}

/** What a verification found wrong. */
export interface VerificationFailure {
  check: 'signature' | 'inclusion' | 'completeness' | 'time';
  /** What is wrong, for the person who reads it. */
  detail: string;
  /** UUID of the event, where it is about one. */
  eventId?: string;
  /** Where it lies, as far as that is known. */
  place?: { shard?: string; incarnation?: string; partition?: number; offset?: number };
}

/**
 * For whoever verifies what is stored: `log.verification_failed` in the system scope, once for each check of each event or place. What
 * is found again after it was mended is told again when `occasion` differs (the time of the first finding, say).
 */
export type PublishVerificationFailure = (failure: VerificationFailure, occasion?: string) => Promise<boolean>;

export const createVerificationReports =
  (publish: PublishReport): PublishVerificationFailure =>
  ({ check, detail, eventId, place = {} }, occasion = '') => {
    const { shard, incarnation, partition, offset } = place;
    const key = JSON.stringify(['verification', check, eventId, shard, incarnation, partition, offset, occasion]);
    return publish(
      {
        action: 'log.verification_failed',
        ...(eventId === undefined ? {} : { target: { type: 'audit_event', id: eventId } }),
        details: { check, detail, ...(eventId === undefined ? {} : { event_id: eventId }), ...place },
      },
      key,
    );
  };
