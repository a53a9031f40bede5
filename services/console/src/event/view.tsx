import './event.css';
import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import type { AuditEvent } from '../api/types.js';
import { useApp } from '../shell/app.js';
import { OutcomeBadge } from '../ui/badge.js';
import { Button } from '../ui/button.js';
import { JsonTree } from '../ui/json-tree.js';
import { Tabs } from '../ui/tabs.js';
import { Time } from '../ui/time.js';
import { Value } from '../ui/value.js';
import { difference } from './difference.js';
import { isSystem, timelineHref, waysOf } from './links.js';
import { Overview } from './overview.js';
import { Proof } from './proof.js';
import { Related } from './related.js';
import { StateOf } from './state.js';

const panel = 'event-part';
const parts = ['overview', 'state', 'json', 'proof', 'related'] as const;
type Part = (typeof parts)[number];

/** One event, whole. `actions` stand beside its name; `href` says where related events open. */
export function EventView({
  event,
  actions,
  href,
  level = 2,
}: {
  event: AuditEvent;
  actions?: ComponentChildren;
  href?: (id: string) => string;
  /** Of the heading: 1 on a page of its own. */
  level?: 1 | 2;
}) {
  const { router, copy } = useApp();
  const shown = parts.find((part) => part === router.text('show')) ?? 'overview';
  const changes = useMemo(() => difference(event.before, event.after).changes, [event]);
  const Heading = level === 1 ? 'h1' : 'h2';
  return (
    <>
      <header class="event-head">
        <div class="event-title">
          <Heading class="cut" title={event.action}>
            {event.action}
          </Heading>
          <OutcomeBadge outcome={event.outcome} ground />
          <span class="event-actions">{actions}</span>
        </div>
        {event.message && <p class="event-message">{event.message}</p>}
        <p class="event-about">
          <Time iso={event.occurred_at} />
          {event.correlation_id && (
            <>
              <Value text={event.correlation_id} field="correlation_id" mono more={waysOf.correlation(event)} />
              <Button
                look="quiet"
                small
                icon="copy"
                label="Copy the correlation id"
                onClick={() => copy(event.correlation_id!)}
              />
              <a href={timelineHref(event.correlation_id, isSystem(event))}>Timeline</a>
            </>
          )}
        </p>
      </header>
      <Tabs<Part>
        label="The event"
        panel={panel}
        tabs={[
          { value: 'overview', label: 'Overview' },
          { value: 'state', label: 'State', ...(changes > 0 ? { count: changes } : {}) },
          { value: 'json', label: 'JSON' },
          { value: 'proof', label: 'Proof' },
          { value: 'related', label: 'Related' },
        ]}
        value={shown}
        onChange={(show) => router.change({ show: show === 'overview' ? undefined : show })}
      />
      <div id={panel} role="tabpanel" aria-label={shown} class="event-body">
        {shown === 'overview' && <Overview event={event} />}
        {shown === 'state' && <StateOf event={event} />}
        {shown === 'json' && (
          <div class="event-part">
            <Button small icon="copy" onClick={() => copy(JSON.stringify(event, null, 2))}>
              Copy all of it
            </Button>
            <JsonTree value={event} openDepth={4} />
          </div>
        )}
        {shown === 'proof' && <Proof key={event.id} event={event} />}
        {shown === 'related' && <Related event={event} {...(href ? { href } : {})} />}
      </div>
    </>
  );
}
