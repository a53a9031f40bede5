import type { AuditEvent, Facet } from '../api/types.js';
import { exploreHref } from '../event/links.js';
import { useApp } from '../shell/app.js';
import { OutcomeBadge } from '../ui/badge.js';
import { formatCompact, formatNumber, formatShare } from '../ui/format.js';
import { Time } from '../ui/time.js';
import { Value } from '../ui/value.js';
import type { Actor } from './data.js';

export function Figures({ actor, all, system }: { actor: Actor; all: string; system: boolean }) {
  const bad = Object.keys(actor.outcomes).filter((outcome) => outcome !== 'success');
  const share = actor.failures / Math.max(actor.events, 1);
  const failed = exploreHref({ actor: actor.actor, 'not.outcome': 'success' }, system);
  return (
    <dl class="actor-figures">
      <div>
        <dt>Events</dt>
        <dd>
          <a href={all}>{formatNumber(actor.events)}</a>
        </dd>
      </div>
      <div>
        <dt>Did not succeed</dt>
        <dd>
          {bad.length === 0 ? (
            '0'
          ) : (
            <a href={failed} class="actor-bad">
              {formatNumber(actor.failures)}
            </a>
          )}{' '}
          <span class="faint">{formatShare(share)}</span>
        </dd>
      </div>
      <div>
        <dt>First seen</dt>
        <dd>
          <Time iso={actor.first_at} />
        </dd>
      </div>
      <div>
        <dt>Last seen</dt>
        <dd>
          <Time iso={actor.last_at} />
        </dd>
      </div>
      <div>
        <dt>Id</dt>
        <dd>
          <Value text={actor.actor} field="actor" mono />
        </dd>
      </div>
    </dl>
  );
}

export function Failures({ events }: { events: readonly AuditEvent[] }) {
  const { router } = useApp();
  if (events.length === 0) return <p class="actor-none faint">Nothing failed.</p>;
  return (
    <ul class="actor-failures">
      {events.map((event) => (
        <li key={event.id}>
          <a
            href={router.href({ event: event.id })}
            {...(router.text('event') === event.id ? { 'aria-current': 'true' as const } : {})}
          >
            <Time iso={event.occurred_at} as="moment" />
            <OutcomeBadge outcome={event.outcome} />
            <span class="cut" title={event.action}>
              {event.action}
            </span>
            <span class="cut soft" title={event.reason}>
              {event.reason}
            </span>
            <span class="cut mono soft" title={event.ip}>
              {event.ip}
            </span>
            <span class="cut soft" title={event.message}>
              {event.message}
            </span>
          </a>
        </li>
      ))}
    </ul>
  );
}

export function Actions({ facet, actor, system }: { facet: Facet; actor: string; system: boolean }) {
  const most = Math.max(...facet.values.map(({ count }) => count), 1);
  return (
    <ul class="actor-actions">
      {facet.values.map(({ value, count }) => (
        <li key={value}>
          <a href={exploreHref({ actor, action: value }, system)}>
            <span class="cut">{value}</span>
            <span class="actor-bar">
              <i style={{ width: `${(100 * count) / most}%` }} />
            </span>
            <span>{formatCompact(count)}</span>
          </a>
        </li>
      ))}
      {facet.other > 0 && <li class="faint">others {formatCompact(facet.other)}</li>}
    </ul>
  );
}
