import './expansion.css';
import { useMemo } from 'preact/hooks';
import type { AuditEvent } from '../api/types.js';
import { Button } from '../ui/button.js';
import { counted } from '../ui/format.js';
import { JsonTree } from '../ui/json-tree.js';
import { type Difference, difference } from './difference.js';
import { Fields } from './overview.js';

/** A few of what changed are said in place; the others in the event's State. */
const fewChanges = 8;

/** An event unfolded below its row: what the columns leave out. */
export function Expansion({ event, onOpen }: { event: AuditEvent; onOpen: () => void }) {
  const changes = useMemo(() => leavesOf(difference(event.before, event.after)), [event]);
  return (
    <div class="event-expansion">
      <Fields event={event} />
      <div>
        {event.message && <p>{event.message}</p>}
        {changes.length > 0 && (
          <ul class="event-changes">
            {changes.slice(0, fewChanges).map(({ path, sign, before, after }) => (
              <li key={path} class={sign === '+' ? 'added' : sign === '-' ? 'removed' : 'changed'}>
                <b>{sign === '-' ? '−' : sign}</b> {path} {before !== undefined && <del>{JSON.stringify(before)}</del>}
                {before !== undefined && after !== undefined && ' → '}
                {after !== undefined && <ins>{JSON.stringify(after)}</ins>}
              </li>
            ))}
            {changes.length > fewChanges && <li>{counted(changes.length - fewChanges, 'more change')}</li>}
          </ul>
        )}
        {event.details !== undefined && <JsonTree value={event.details} field="details" openDepth={1} />}
        <Button small icon="right" onClick={onOpen}>
          Open the event
        </Button>
      </div>
    </div>
  );
}

interface Leaf extends Pick<Difference, 'sign' | 'before' | 'after'> {
  path: string;
}

function leavesOf({ inner, sign, before, after, name }: Difference, above = ''): Leaf[] {
  const path = above === '' ? name : `${above}.${name}`;
  if (sign === '=') return [];
  if (!inner || inner.length === 0)
    return before === undefined && after === undefined ? [] : [{ path, sign, before, after }];
  return inner.flatMap((one) => leavesOf(one, path));
}
