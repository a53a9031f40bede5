import './timeline.css';
import { useState } from 'preact/hooks';
import { useLoad } from '../api/load.js';
import type { AuditEvent, Outcome } from '../api/types.js';
import { ExploreActions } from '../event/actions.js';
import { OpenEvent } from '../event/event-panel.js';
import { apiBase, exploreHref } from '../event/links.js';
import type { PageProps } from '../pages.js';
import { useApp } from '../shell/app.js';
import { Badge, OutcomeBadge } from '../ui/badge.js';
import { Button, ButtonLink } from '../ui/button.js';
import { counted, formatDuration, formatNumber } from '../ui/format.js';
import { Empty, LoadingRows, ProblemState, Titled } from '../ui/states.js';
import { Time } from '../ui/time.js';
import { Value } from '../ui/value.js';
import { Lanes } from './lanes.js';
import { isPause } from './scale.js';

export interface TimelineEvent {
  offset_ms: number;
  gap_ms: number | null;
  event: AuditEvent;
}

export interface Correlation {
  correlation_id: string;
  total: number;
  started_at: string;
  ended_at: string;
  duration_ms: number;
  outcome: 'success' | 'failure' | 'mixed';
  outcomes: Partial<Record<Outcome, number>>;
  services: { service: string; events: number; failures: number; started_at: string; duration_ms: number }[];
  timeline: TimelineEvent[];
}

/** Few at first; all that the API gives at once on demand; Explore has any number. */
const [few, most] = [200, 1_000];

const looks = {
  success: { tone: 'good', shape: 'disc', word: 'every step succeeded' },
  mixed: { tone: 'warn', shape: 'half', word: 'some steps did not succeed' },
  failure: { tone: 'bad', shape: 'cross', word: 'no step succeeded' },
} as const;

/** One workflow across services, in the order in which it happened. */
export default function Timeline({ parameters }: PageProps) {
  const { api, router } = useApp();
  const id = parameters.id!;
  const system = router.text('view') === 'system';
  const [limit, setLimit] = useState(few);
  const { data, problem, again, loading } = useLoad(`${system} ${id} ${limit}`, (signal) =>
    api.get<Correlation>(`${apiBase(system)}/correlations/${encodeURIComponent(id)}`, { limit }, signal),
  );
  const all = exploreHref({ correlation_id: id }, system);
  if (problem?.status === 404) {
    return (
      <Titled title="Timeline">
        <Empty
          title="No events of this workflow"
          icon="timeline"
          actions={<ButtonLink href={all}>Look in Explore</ButtonLink>}
        >
          Nothing with the correlation id <code>{id}</code> is to be seen with this sign-in.
        </Empty>
      </Titled>
    );
  }
  if (!data || problem) {
    return (
      <Titled title="Timeline">
        {problem ? <ProblemState problem={problem} again={again} /> : <LoadingRows label="Loading the workflow" />}
      </Titled>
    );
  }
  const { tone, shape, word } = looks[data.outcome];
  const events = data.timeline.map(({ event }) => event);
  return (
    <ExploreActions system={system}>
      <div class="page-head">
        <h1>Timeline</h1>
        <Button icon="refresh" label="Ask again" onClick={again} />
        <ButtonLink href={all} icon="explore">
          In Explore
        </ButtonLink>
      </div>
      <div class="timeline-about">
        <Value text={data.correlation_id} field="correlation_id" mono />
        <Badge tone={tone} shape={shape} ground>
          {word}
        </Badge>
        <span>{counted(data.total, 'event')}</span>
        <span>{counted(data.services.length, 'service')}</span>
        <span>{formatDuration(data.duration_ms)}</span>
        <Time iso={data.started_at} as="exact" />
      </div>
      <Lanes data={data} open={router.text('event')} onOpen={(event) => router.change({ event }, { push: true })} />
      <Steps data={data} />
      {events.length < data.total && (
        <p class="timeline-rest">
          {formatNumber(events.length)} of {formatNumber(data.total)} events are shown.{' '}
          {limit < most ? (
            <Button small disabled={loading} onClick={() => setLimit(most)}>
              Show up to {formatNumber(most)}
            </Button>
          ) : (
            <a href={all}>All of them in Explore</a>
          )}
        </p>
      )}
      <OpenEvent events={events} system={system} />
    </ExploreActions>
  );
}

function Steps({ data: { timeline, duration_ms } }: { data: Correlation }) {
  const { router } = useApp();
  const open = router.text('event');
  return (
    <ol class="timeline-steps">
      {timeline.map(({ offset_ms, gap_ms, event }) => (
        <li key={event.id}>
          {gap_ms !== null && isPause(gap_ms, duration_ms) && (
            <p class="timeline-pause">
              <span>{formatDuration(gap_ms)} later</span>
            </p>
          )}
          <a
            href={router.href({ event: event.id })}
            class="timeline-step"
            {...(open === event.id ? { 'aria-current': 'true' as const } : {})}
          >
            <span class="timeline-offset" title={event.occurred_at}>
              +{formatDuration(offset_ms)}
            </span>
            <span class="timeline-service cut">{event.service ?? 'no service'}</span>
            <OutcomeBadge outcome={event.outcome} />
            <span class="cut">{event.action}</span>
            <span class="cut soft">{event.actor.name ?? event.actor.email ?? event.actor.id ?? event.actor.type}</span>
            <span class="cut soft timeline-message">
              {event.message ?? event.target?.name ?? event.target?.id ?? ''}
            </span>
          </a>
        </li>
      ))}
    </ol>
  );
}
