import { type EventInput, toWire } from '../../core/event/index.js';
import type { Logger } from '../../core/log.js';
import { uuidV7 } from '../../core/wire/index.js';
import type { Producer } from '../../producer/index.js';
import { actorOf } from '../auth/actor.js';
import { createTokenBuckets, type Rate } from '../http/token-buckets.js';
import type { ActOrigin } from '../registry/system-log.js';

/** What somebody did with the log. */
export type AccessAction = 'audit.read' | 'audit.searched' | 'audit.exported' | 'audit.verified' | 'audit.streamed';

export interface Access {
  action: AccessAction;
  /** Whose events it was about; undefined for several organizations, or the system scope. */
  organization: string | undefined;
  outcome: 'success' | 'denied';
  /** Of the request: which way, with which filters. The same again within a while is counted, not written again. */
  details: Readonly<Record<string, unknown>>;
  /** How many events it gave. */
  results?: number | undefined;
  eventId?: string | undefined;
}

/** Where accesses are written: the system scope, the log of the organization that was looked at, or nowhere. */
export const accessLogPlaces = ['system', 'organization', 'off'] as const;
export type AccessLogPlace = (typeof accessLogPlaces)[number];

/**
 * Who watches. The first access of a kind is written at once; the same by the same caller is counted for `windowMs` and written as one
 * event with its `count`. A caller beyond the rate is written as one event per action and window.
 */
export interface AccessLog {
  note(access: Access, origin: ActOrigin): void;
  /** Writes what is still being counted. */
  stop(): Promise<void>;
}

interface Counted {
  access: Access;
  origin: ActOrigin;
  /** Since the last event was written. */
  times: number;
  results: number;
  since: number;
}

const limits = { windowMs: 300_000, sweepMs: 15_000, kept: 10_000 };
const distinctRate: Rate = { perSecond: 1, burst: 120 };
const laneKey = 'access';

export function createAccessLog({
  producer,
  place,
  log,
  windowMs = limits.windowMs,
  rate = distinctRate,
  now = Date.now,
}: {
  producer: Pick<Producer, 'send'>;
  place: AccessLogPlace;
  log: Logger;
  windowMs?: number;
  /** Of different accesses, for each caller. */
  rate?: Rate;
  now?: () => number;
}): AccessLog {
  const counted = new Map<string, Counted>();
  const buckets = createTokenBuckets(rate);
  const writing = new Set<Promise<void>>();

  const write = ({ access, origin, times, results }: Counted, sampled: boolean): void => {
    const nowMs = now();
    const event = toWire(eventOf({ access, origin, place, times, results, sampled }), {
      id: uuidV7(nowMs),
      nowUs: nowMs * 1_000,
    });
    const sent = producer.send([event], { laneKey }).then(
      () => {},
      (err) => log.error({ action: access.action, err }, 'an access to the log was not written down'),
    );
    writing.add(sent);
    void sent.finally(() => writing.delete(sent));
  };

  const close = (key: string, entry: Counted): void => {
    counted.delete(key);
    if (entry.times > 0) write(entry, true);
  };

  const sweep = setInterval(() => {
    // The oldest come first.
    for (const [key, entry] of counted) {
      if (now() - entry.since < windowMs) break;
      close(key, entry);
    }
  }, limits.sweepMs);
  sweep.unref();

  const count = (key: string, { results = 0 }: Access): boolean => {
    const entry = counted.get(key);
    if (!entry || now() - entry.since >= windowMs) {
      if (entry) close(key, entry);
      return false;
    }
    entry.times += 1;
    entry.results += results;
    return true;
  };

  const open = (key: string, entry: Counted): void => {
    counted.set(key, entry);
    if (counted.size <= limits.kept) return;
    const [oldest] = counted;
    close(...oldest!);
  };

  return {
    note(access, origin) {
      if (place === 'off') return;
      const { keyId, method } = origin.caller;
      const coarse = JSON.stringify([keyId, method, access.action, access.organization ?? null, access.outcome]);
      const key = JSON.stringify([coarse, access.details, access.eventId ?? null]);
      if (count(key, access)) return;
      const since = now();
      if (buckets.take(keyId, 1) > 0) {
        // Too many different ones: from here on they are one.
        const { eventId: _, details: __, ...rest } = access;
        if (!count(coarse, access)) {
          open(coarse, { access: { ...rest, details: {} }, origin, times: 1, results: access.results ?? 0, since });
        }
        return;
      }
      open(key, { access, origin, times: 0, results: 0, since });
      write({ access, origin, times: 1, results: access.results ?? 0, since }, false);
    },
    async stop() {
      clearInterval(sweep);
      for (const [key, entry] of [...counted]) close(key, entry);
      await Promise.all(writing);
    },
  };
}

function eventOf({
  access: { action, organization, outcome, details, eventId },
  origin: { caller, requestId, ip, userAgent },
  place,
  times,
  results,
  sampled,
}: Omit<Counted, 'since'> & { place: AccessLogPlace; sampled: boolean }): EventInput {
  const inOrganization = place === 'organization' && organization !== undefined;
  return {
    action,
    outcome,
    service: 'gateway',
    ...(inOrganization ? { organization_id: organization } : { scope: 'system' }),
    ...actorOf(caller),
    ...(eventId === undefined ? {} : { target: { type: 'audit_event', id: eventId } }),
    request_id: requestId,
    ip,
    user_agent: (userAgent ?? '').slice(0, 1_024),
    details: {
      ...details,
      ...(inOrganization || organization === undefined ? {} : { organization }),
      ...(eventId === undefined ? { results } : { event_id: eventId }),
      count: times,
      sampled,
    },
  };
}
