import './fields.css';
import type { ComponentChildren } from 'preact';
import type { AuditEvent } from '../api/types.js';
import { words } from '../explore/words.js';
import { OutcomeBadge } from '../ui/badge.js';
import { Icon } from '../ui/icon.js';
import { JsonTree } from '../ui/json-tree.js';
import type { MenuItem } from '../ui/menu.js';
import { Time } from '../ui/time.js';
import { Value } from '../ui/value.js';
import { entityHref, isSystem, waysOf } from './links.js';

/** What happened, in fields; each can be copied and, where it is a filter, looked for. */
export function Overview({ event }: { event: AuditEvent }) {
  return (
    <div class="event-part">
      <Fields event={event} />
      {event.details !== undefined && (
        <section>
          <h3>Details</h3>
          <JsonTree value={event.details} field="details" />
          <DetailsCheck check={event.details_check} />
        </section>
      )}
    </div>
  );
}

function DetailsCheck({ check }: { check: AuditEvent['details_check'] }) {
  if (!check || check.valid) return null;
  return (
    <p class="event-warning">
      <Icon name="warning" /> Not as the catalogue describes <code>{check.schema}</code>:{' '}
      {(check.errors ?? []).map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ')}
    </p>
  );
}

export function Fields({ event }: { event: AuditEvent }) {
  const { actor, target } = event;
  const person = actor.name ?? actor.email ?? actor.id;
  return (
    <dl class="event-fields">
      <One
        label="Correlation"
        text={event.correlation_id}
        field="correlation_id"
        mono
        more={waysOf.correlation(event)}
      />
      <Row label="Happened">
        <Time iso={event.occurred_at} as="exact" />
      </Row>
      <Row label="Outcome">
        <OutcomeBadge outcome={event.outcome} />
        {event.reason && <Value text={event.reason} field="reason" />}
      </Row>
      <Row label="Actor">
        {person !== undefined && (
          <Value text={actor.id ?? actor.email ?? person} field="actor" more={waysOf.actor(event)}>
            {person}
          </Value>
        )}
        <span class="faint">{actor.type.replaceAll('_', ' ')}</span>
      </Row>
      {person !== actor.id && <One label="Actor id" text={actor.id} field="actor" mono more={waysOf.actor(event)} />}
      {person !== actor.email && (
        <One label="Actor email" text={actor.email} field="actor" more={waysOf.actor(event)} />
      )}
      {target && (
        <Row label="Target">
          {(target.name ?? target.id) !== undefined && (
            <Value
              text={target.id ?? target.name!}
              {...(target.id ? { field: 'target_id' } : {})}
              more={waysOf.target(event)}
            >
              {target.name ?? target.id}
            </Value>
          )}
          {target.type && <Value text={target.type} field="target_type" />}
        </Row>
      )}
      {target?.name && <One label="Target id" text={target.id} field="target_id" mono more={waysOf.target(event)} />}
      {(event.related ?? []).map(({ type, id }) => (
        <Row key={`${type} ${id}`} label="Related">
          <Value
            text={id}
            more={[{ label: 'History of it', icon: 'entity', href: entityHref(type, id, isSystem(event)) }]}
          />
          <span class="faint">{type}</span>
        </Row>
      ))}
      <One label="Address" text={event.ip} field="ip" mono />
      <One label="Agent" text={event.user_agent} field="user_agent" />
      <One label="Session" text={event.session_id} field="session_id" mono />
      <One label={words.auth_method!} text={event.auth_method} field="auth_method" />
      <One label="Service" text={event.service} field="service" />
      <One label="Path" text={event.path} field="path" mono />
      <One label="Request" text={event.request_id} field="request_id" mono />
      <One label="Trace" text={event.trace_id} field="trace_id" mono />
      <One label="Organization" text={event.organization_id} field="organization_id" />
      <One label="Application" text={event.application_id} field="application_id" />
      <One label="Category" text={event.category} field="category" />
      <Row label="Kind">
        <Value text={event.kind} field="kind" />
        <span class="faint">{event.scope} scope</span>
      </Row>
      <One label="Event id" text={event.id} mono more={waysOf.event(event)} />
      <Row label="Recorded">
        <Time iso={event.recorded_at} as="exact" />
      </Row>
      {event.erased && event.erased.length > 0 && (
        <Row label="Erased">
          <span class="event-erased">
            <Icon name="erase" /> The {event.erased.join(' and ')} of this event{' '}
            {event.erased.length > 1 ? 'were' : 'was'} erased; its proof says by which erasure.
          </span>
        </Row>
      )}
    </dl>
  );
}

const Row = ({ label, children }: { label: string; children: ComponentChildren }) => (
  <div>
    <dt>{label}</dt>
    <dd>{children}</dd>
  </div>
);

const One = ({
  label,
  text,
  field,
  mono = false,
  more = [],
}: {
  label: string;
  text: string | undefined;
  field?: string;
  mono?: boolean;
  more?: readonly MenuItem[];
}) =>
  text ? (
    <Row label={label}>
      <Value text={text} {...(field ? { field } : {})} mono={mono} more={more} />
    </Row>
  ) : null;
