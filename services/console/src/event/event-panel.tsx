import './event.css';
import { useEffect, useRef } from 'preact/hooks';
import { useLoad } from '../api/load.js';
import type { AuditEvent } from '../api/types.js';
import { useApp, useKeys } from '../shell/app.js';
import { Button, ButtonLink } from '../ui/button.js';
import { LoadingRows, ProblemState } from '../ui/states.js';
import { loadEvent } from './data.js';
import { eventHref } from './links.js';
import { EventView } from './view.js';

/** Where it covers what it came from, the focus goes with it. */
const covering = '(max-width: 1180px)';
export const panelId = 'event-panel';

/**
 * The open event at the right: not modal, so that the keys of the list beside it go on to work. `known` is the event where the page has it
 * already; `beside` gives it a column of its own where there is room, instead of laying it over the page.
 */
export function EventPanel({
  id,
  system,
  known,
  beside = false,
  onMove,
}: {
  id: string;
  system: boolean;
  known?: AuditEvent | undefined;
  beside?: boolean;
  /** To the next event, or the one before. */
  onMove?: (by: 1 | -1) => void;
}) {
  const { api, router } = useApp();
  const box = useRef<HTMLElement>(null);
  const { data, problem, again } = useLoad(`${system} ${id} ${known !== undefined}`, async (signal) =>
    known ? known : loadEvent(api, system, id, signal),
  );
  const close = (): void => {
    const before = box.current?.contains(document.activeElement);
    router.change({ event: undefined, show: undefined });
    if (before) document.querySelector<HTMLElement>('[role=grid]')?.focus();
  };
  useKeys([{ key: 'Escape', does: 'Close the event', run: close }]);
  useEffect(() => {
    if (!beside || matchMedia(covering).matches) box.current?.focus();
  }, []);
  const event = known ?? data;
  return (
    <aside
      ref={box}
      id={panelId}
      class={`event-panel ${beside ? 'beside' : 'over'}`}
      aria-label="The open event"
      tabIndex={-1}
    >
      {event ? (
        <EventView
          event={event}
          href={(other) => router.href({ event: other })}
          actions={<PanelActions {...{ id, system, onMove, close }} />}
        />
      ) : (
        <>
          <div class="event-head">
            <div class="event-title">
              <h2 class="cut">Event</h2>
              <span class="event-actions">
                <PanelActions {...{ id, system, onMove, close }} />
              </span>
            </div>
          </div>
          {problem ? <ProblemState problem={problem} again={again} /> : <LoadingRows label="Loading the event" />}
        </>
      )}
    </aside>
  );
}

function PanelActions({
  id,
  system,
  onMove,
  close,
}: {
  id: string;
  system: boolean;
  onMove: ((by: 1 | -1) => void) | undefined;
  close: () => void;
}) {
  return (
    <>
      {onMove && (
        <>
          <Button look="quiet" small icon="up" label="Previous event (k)" onClick={() => onMove(-1)} />
          <Button look="quiet" small icon="down" label="Next event (j)" onClick={() => onMove(1)} />
        </>
      )}
      <ButtonLink look="quiet" small icon="link" href={eventHref(id, system)}>
        Open
      </ButtonLink>
      <Button look="quiet" small icon="close" label="Close the event (Esc)" onClick={close} />
    </>
  );
}

/** For pages beside Explore: the event that the address names, over the page. */
export function OpenEvent({ events, system }: { events: readonly AuditEvent[]; system: boolean }) {
  const { router } = useApp();
  const id = router.text('event');
  if (id === '') return null;
  const at = events.findIndex((event) => event.id === id);
  const move = (by: 1 | -1): void => {
    const next = events[at + by];
    if (next) router.change({ event: next.id });
  };
  return (
    <>
      <MoveKeys move={move} />
      <EventPanel id={id} system={system} known={events[at]} onMove={move} />
    </>
  );
}

function MoveKeys({ move }: { move: (by: 1 | -1) => void }) {
  useKeys([
    { key: 'j', does: 'Next event', run: () => move(1) },
    { key: 'k', does: 'Previous event', run: () => move(-1) },
  ]);
  return null;
}
