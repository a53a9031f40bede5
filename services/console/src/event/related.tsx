import './related.css';
import { useLoad } from '../api/load.js';
import type { AuditEvent } from '../api/types.js';
import { useApp } from '../shell/app.js';
import { OutcomeBadge } from '../ui/badge.js';
import { Icon, type IconName } from '../ui/icon.js';
import { Empty, LoadingRows, ProblemState } from '../ui/states.js';
import { Time } from '../ui/time.js';
import { loadRelated } from './data.js';
import { actorHref, entityHref, eventHref, exploreHref, isSystem, timelineHref } from './links.js';

interface Group {
  title: string;
  icon: IconName;
  value: string;
  filters: Readonly<Record<string, string>>;
  /** The page of its own, beside Explore. */
  page?: { href: string; label: string };
}

/** What an event shares with others, the narrowest first. */
function groupsOf(event: AuditEvent): Group[] {
  const { correlation_id, session_id, target, actor } = event;
  const system = isSystem(event);
  const key = actor.id ?? actor.email;
  return [
    ...(correlation_id
      ? [
          {
            title: 'Same correlation',
            icon: 'timeline' as const,
            value: correlation_id,
            filters: { correlation_id },
            page: { href: timelineHref(correlation_id, system), label: 'Timeline' },
          },
        ]
      : []),
    ...(target?.id
      ? [
          {
            title: 'Same target',
            icon: 'entity' as const,
            value: target.name ?? target.id,
            filters: { ...(target.type ? { target_type: target.type } : {}), target_id: target.id },
            ...(target.type ? { page: { href: entityHref(target.type, target.id, system), label: 'History' } } : {}),
          },
        ]
      : []),
    ...(key
      ? [
          {
            title: 'Same actor',
            icon: 'person' as const,
            value: actor.name ?? key,
            filters: { actor: key },
            page: { href: actorHref(key, system), label: 'Actor' },
          },
        ]
      : []),
    ...(session_id
      ? [{ title: 'Same session', icon: 'key' as const, value: session_id, filters: { session_id } }]
      : []),
  ];
}

const aboutOf = ({ message, target }: AuditEvent): string => message ?? target?.name ?? target?.id ?? '';

/** Events that share something with this one. */
export function Related({ event, href }: { event: AuditEvent; href?: (id: string) => string }) {
  const groups = groupsOf(event);
  if (groups.length === 0) {
    return <Empty title="Nothing leads from here">The event names no correlation, target, actor or session.</Empty>;
  }
  const to = href ?? ((id: string) => eventHref(id, isSystem(event)));
  return (
    <div class="event-part">
      {groups.map((group) => (
        <RelatedGroup key={group.title} group={group} event={event} href={to} />
      ))}
    </div>
  );
}

function RelatedGroup({ group, event, href }: { group: Group; event: AuditEvent; href: (id: string) => string }) {
  const { api } = useApp();
  const { title, icon, value, filters, page } = group;
  const system = isSystem(event);
  const { data, problem, again } = useLoad(`${event.id} ${JSON.stringify(filters)}`, (signal) =>
    loadRelated(api, { filters, system, but: event.id }, signal),
  );
  return (
    <section class="event-related">
      <header>
        <Icon name={icon} />
        <h3>{title}</h3>
        <span class="cut faint" title={value}>
          {value}
        </span>
        {page && <a href={page.href}>{page.label}</a>}
        <a href={exploreHref(filters, system)}>In Explore</a>
      </header>
      {problem ? (
        <ProblemState problem={problem} again={again} />
      ) : !data ? (
        <div class="event-looking">
          <p class="faint">Looking for the newest events with it, of all time</p>
          <LoadingRows rows={3} label={`Loading: ${title.toLowerCase()}`} />
        </div>
      ) : data.events.length === 0 ? (
        <p class="faint">No other event.</p>
      ) : (
        <ul>
          {data.events.map((other) => (
            <li key={other.id}>
              <a href={href(other.id)} class="event-line">
                <Time iso={other.occurred_at} as="moment" />
                <OutcomeBadge outcome={other.outcome} />
                <span class="cut" title={other.action}>
                  {other.action}
                </span>
                <span class="cut soft" title={aboutOf(other)}>
                  {aboutOf(other)}
                </span>
              </a>
            </li>
          ))}
          {data.more && (
            <li>
              <a class="event-more" href={exploreHref(filters, system)}>
                All of them
              </a>
            </li>
          )}
        </ul>
      )}
    </section>
  );
}
