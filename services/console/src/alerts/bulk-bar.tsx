import { Button } from '../ui/button.js';
import { counted } from '../ui/format.js';
import { type Act, mayFrom } from './acting.js';
import type { Alert } from './types.js';

const acts: readonly { act: Act; label: string }[] = [
  { act: 'acknowledge', label: 'Acknowledge' },
  { act: 'resolve', label: 'Resolve' },
  { act: 'unacknowledge', label: 'Give back' },
  { act: 'reopen', label: 'Open again' },
];

/** What can be done about all that is selected. */
export function BulkBar({
  alerts,
  all,
  onAct,
  onAll,
  onClear,
}: {
  alerts: readonly Alert[];
  all: number;
  onAct: (act: Act) => void;
  onAll: () => void;
  onClear: () => void;
}) {
  const fitting = acts.filter(({ act }) => alerts.some(({ state }) => mayFrom[act].includes(state)));
  return (
    <div class="alerts-bulk" role="toolbar" aria-label="What is selected">
      <span role="status">{counted(alerts.length, 'alert')} selected</span>
      {fitting.map(({ act, label }, index) => (
        <Button key={act} small look={index === 0 ? 'primary' : 'plain'} onClick={() => onAct(act)}>
          {label}
        </Button>
      ))}
      {alerts.length < all && (
        <Button small look="quiet" onClick={onAll}>
          All {all} here
        </Button>
      )}
      <Button small look="quiet" icon="close" label="Select nothing" onClick={onClear} />
    </div>
  );
}
