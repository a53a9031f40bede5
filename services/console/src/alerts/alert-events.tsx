import { type Loaded, useLoad } from '../api/load.js';
import type { AuditEvent, EventList } from '../api/types.js';
import { useApp } from '../shell/app.js';
import { OutcomeBadge } from '../ui/badge.js';
import { counted, formatNumber } from '../ui/format.js';
import { LoadingRows, ProblemState } from '../ui/states.js';
import { Time } from '../ui/time.js';
import type { Alert } from './types.js';
import { eventsHref, stretchOf } from './words.js';

const shown = 12;

/** The first of the events that it is about. */
export function useAlertEvents(alert: Alert): AlertEventsLoaded {
  const { api } = useApp();
  const ids = alert.event_ids.slice(0, shown);
  const path = alert.organization_id === '' ? '/api/audit/system' : '/api/audit';
  return useLoad(`${path} ${ids.join()}`, async (signal) => {
    if (ids.length === 0) return { events: [], next_cursor: null, persistentLogging: true };
    const query = { ...stretchOf(alert), q: `id:(${ids.join(' ')})`, order: 'oldest', limit: shown };
    return api.get<EventList>(path, query, signal);
  });
}
type AlertEventsLoaded = Loaded<EventList> & { again: () => void };

/** These here, the others in Explore. */
export function AlertEvents({ alert, loaded }: { alert: Alert; loaded: AlertEventsLoaded }) {
  const { data, problem, again } = loaded;
  const wanted = Math.min(alert.event_ids.length, shown);
  return (
    <section class="alert-part" aria-label="Events">
      <h3>
        Events
        {alert.event_ids.length > 0 && (
          <a href={eventsHref(alert)}>
            {alert.event_ids.length < alert.count
              ? `The first ${formatNumber(alert.event_ids.length)} of ${formatNumber(alert.count)} in Explore`
              : `${counted(alert.count, 'event')} in Explore`}
          </a>
        )}
      </h3>
      {data ? (
        <ol class="alert-events">
          {data.events.map((event) => (
            <li key={event.id}>
              <a href={`${eventsHref(alert)}&event=${event.id}`}>
                <Time iso={event.occurred_at} as="moment" />
                <OutcomeBadge outcome={event.outcome} />
                <b class="cut">{event.action}</b>
                <span class="alert-event-words soft">{event.message ?? whoOf(event)}</span>
              </a>
            </li>
          ))}
          {data.events.length < wanted && (
            <li class="faint">
              {counted(wanted - data.events.length, 'event')} of them cannot be seen: erased with its organization, past
              its retention, or not for your eyes.
            </li>
          )}
        </ol>
      ) : problem ? (
        <ProblemState problem={problem} again={again} />
      ) : (
        <LoadingRows rows={3} label="Loading events" />
      )}
    </section>
  );
}

const whoOf = ({ actor, target, ip }: AuditEvent): string =>
  [actor.name ?? actor.email ?? actor.id, target?.name ?? target?.id, ip].filter(Boolean).join(' · ');
