import './event.css';
import { useLoad } from '../api/load.js';
import { Problem } from '../api/problem.js';
import type { PageProps } from '../pages.js';
import { useApp } from '../shell/app.js';
import { Button } from '../ui/button.js';
import { LoadingRows, ProblemState, Titled } from '../ui/states.js';
import { ExploreActions } from './actions.js';
import { loadEvent } from './data.js';
import { EventView } from './view.js';

/** One event at an address of its own, to be sent to somebody. */
export default function EventPage({ parameters }: PageProps) {
  const { api, router, sessions, copy } = useApp();
  const id = parameters.id!;
  const system = router.text('view') === 'system';
  const { data, problem, again } = useLoad(`${system} ${id}`, async (signal) => {
    try {
      return await loadEvent(api, system, id, signal);
    } catch (error) {
      // An id does not tell its scope.
      const elsewhere = error instanceof Problem && error.status === 404 && !system;
      if (!elsewhere || !sessions.may('view:system_audit_logs')) throw error;
      return loadEvent(api, true, id, signal).catch(() => {
        throw error;
      });
    }
  });
  if (!data || problem) {
    return (
      <Titled title="Event">
        {problem ? <ProblemState problem={problem} again={again} /> : <LoadingRows label="Loading the event" />}
      </Titled>
    );
  }
  return (
    <ExploreActions system={data.scope === 'system'}>
      <div class="event-page">
        <EventView
          event={data}
          level={1}
          actions={<Button icon="share" label="Copy a link to this event" onClick={() => copy(location.href)} />}
        />
      </div>
    </ExploreActions>
  );
}
