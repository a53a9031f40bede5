import type { AuditEvent } from '../api/types.js';
import { Empty } from '../ui/states.js';
import { DifferenceTable } from './difference-table.js';

/** What the event changed. */
export function StateOf({ event }: { event: AuditEvent }) {
  const { before, after, kind, erased = [] } = event;
  if (before === undefined && after === undefined) {
    return (
      <Empty icon={erased.includes('content') ? 'erase' : 'entity'} title="No state is recorded">
        {erased.includes('content')
          ? 'The content of this event was erased, what came before and after with it.'
          : kind === 'stateful'
            ? 'This event says that something changed, and not what.'
            : 'This event tells that something happened; it changes nothing.'}
      </Empty>
    );
  }
  return (
    <div class="event-part">
      <DifferenceTable before={before} after={after} />
      {(before === undefined || after === undefined) && (
        <p class="soft">
          The event states no {before === undefined ? 'before' : 'after'}: the target was{' '}
          {before === undefined ? 'made' : 'deleted'}, or its producer does not say.
        </p>
      )}
    </div>
  );
}
