import './entity.css';
import { useMemo } from 'preact/hooks';
import { useLoad } from '../api/load.js';
import type { AuditEvent } from '../api/types.js';
import { ExploreActions } from '../event/actions.js';
import { OpenEvent } from '../event/event-panel.js';
import { apiBase, exploreHref } from '../event/links.js';
import type { PageProps } from '../pages.js';
import { useApp } from '../shell/app.js';
import { OutcomeBadge } from '../ui/badge.js';
import { Button, ButtonLink } from '../ui/button.js';
import { counted } from '../ui/format.js';
import { Icon } from '../ui/icon.js';
import { Empty, LoadingRows, ProblemState, Titled } from '../ui/states.js';
import { Time } from '../ui/time.js';
import { Value } from '../ui/value.js';
import { type Point, pointAt, pointsOf } from './points.js';
import { States } from './states.js';

interface History {
  events: AuditEvent[];
  next_cursor: string | null;
}

/** The newest ones; Explore has the others. */
const most = 500;

/** What was done to an entity, and what it was like at any time. */
export default function EntityPage({ parameters }: PageProps) {
  const { api, router } = useApp();
  const entity = { type: parameters.type!, id: parameters.id! };
  const system = router.text('view') === 'system';
  const path = `${apiBase(system)}/entities/${encodeURIComponent(entity.type)}/${encodeURIComponent(entity.id)}`;
  const { data, problem, again } = useLoad(path, (signal) => api.get<History>(path, { limit: most }, signal));
  const points = useMemo(() => pointsOf(data?.events ?? [], entity), [data]);
  const all = exploreHref({ target_type: entity.type, target_id: entity.id }, system);
  if (!data || problem) {
    return (
      <Titled title="Entity">
        {problem ? <ProblemState problem={problem} again={again} /> : <LoadingRows label="Loading the history" />}
      </Titled>
    );
  }
  if (data.events.length === 0) {
    return (
      <Titled title="Entity">
        <Empty
          title="Nothing of it is recorded"
          icon="entity"
          actions={<ButtonLink href={all}>Look in Explore</ButtonLink>}
        >
          No event of the {entity.type} <code>{entity.id}</code> is to be seen with this sign-in.
        </Empty>
      </Titled>
    );
  }
  const name = data.events.find(({ target }) => target?.id === entity.id && target.name)?.target?.name;
  return (
    <ExploreActions system={system}>
      <div class="page-head">
        <h1 class="cut" title={name ?? entity.id}>
          {name ?? entity.id}
        </h1>
        <Button icon="refresh" label="Ask again" onClick={again} />
        <ButtonLink href={all} icon="explore">
          In Explore
        </ButtonLink>
      </div>
      <div class="entity-about">
        <span>{entity.type}</span>
        <Value text={entity.id} field="target_id" mono />
        <span>{counted(points.length - 1, 'change')}</span>
        <span>
          {data.next_cursor === null ? '' : 'the newest '}
          {counted(data.events.length, 'event')}
        </span>
      </div>
      <div class="entity">
        <States path={path} points={points} />
        <Changes events={data.events} points={points} more={data.next_cursor === null ? undefined : all} />
      </div>
      <OpenEvent events={data.events} system={system} />
    </ExploreActions>
  );
}

const aboutOf = ({ message, actor }: AuditEvent): string => message ?? actor.name ?? actor.id ?? '';

function Changes({
  events,
  points,
  more,
}: {
  events: readonly AuditEvent[];
  points: readonly Point[];
  more: string | undefined;
}) {
  const { router } = useApp();
  const at = router.text('at') || 'now';
  const from = router.text('from');
  const shown = points[pointAt(points, at)]?.change?.id;
  const compared = from === '' ? undefined : points[pointAt(points, from)]?.change?.id;
  const change = (id: string): Point | undefined => points.find((point) => point.change?.id === id);
  return (
    <section class="entity-changes">
      <h2>History</h2>
      <ol>
        {events.map((event) => {
          const point = change(event.id);
          const mark = event.id === shown ? 'shown' : event.id === compared ? 'compared' : '';
          return (
            <li key={event.id} class={mark}>
              <a href={router.href({ event: event.id })} class="entity-change">
                <Time iso={event.occurred_at} as="moment" />
                <OutcomeBadge outcome={event.outcome} />
                <span class="cut" title={event.action}>
                  {event.action}
                </span>
                <span class="cut soft" title={aboutOf(event)}>
                  {aboutOf(event)}
                </span>
              </a>
              {point ? (
                <span class="entity-points">
                  <Button
                    look="quiet"
                    small
                    aria-pressed={event.id === shown}
                    onClick={() => router.change({ at: point.at })}
                  >
                    State
                  </Button>
                  <Button
                    look="quiet"
                    small
                    aria-pressed={event.id === compared}
                    onClick={() => router.change({ from: event.id === compared ? undefined : point.at })}
                  >
                    Compare
                  </Button>
                </span>
              ) : (
                <span class="entity-points faint" title="Changes no state">
                  <Icon name="minus" size={12} />
                </span>
              )}
            </li>
          );
        })}
      </ol>
      {more && (
        <p>
          <a href={more}>Older events in Explore</a>
        </p>
      )}
    </section>
  );
}
