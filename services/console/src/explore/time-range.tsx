import './time-range.css';
import { useRef, useState } from 'preact/hooks';
import { Button } from '../ui/button.js';
import { Field } from '../ui/field.js';
import { formatLocal } from '../ui/format.js';
import { Icon } from '../ui/icon.js';
import { Popover } from '../ui/popover.js';
import { type Range, spans, timesOf } from './question.js';

const short = (iso: string): string => formatLocal(iso, { seconds: false });

export const rangeText = (range: Range): string =>
  range.kind === 'last'
    ? (spans.find(({ name }) => name === range.name)?.label ?? range.name)
    : `${short(range.from)} – ${range.to === undefined ? 'now' : short(range.to)}`;

/** As <input type=datetime-local> has it: the time here, without a zone. */
function localInput(iso: string): string {
  const at = new Date(iso);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

/** Whose time is typed: the browser's. */
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Presets, and times of one's own. */
export function TimeRange({
  range,
  open,
  onOpen,
  onChange,
}: {
  range: Range;
  open: boolean;
  onOpen: (open: boolean) => void;
  onChange: (range: Range) => void;
}) {
  const anchor = useRef<HTMLSpanElement>(null);
  const opener = (): HTMLElement | null => anchor.current?.querySelector('button') ?? null;
  const choose = (chosen: Range): void => {
    onOpen(false);
    onChange(chosen);
    opener()?.focus();
  };
  return (
    <span class="menu-anchor" ref={anchor}>
      <Button icon="clock" aria-haspopup="dialog" aria-expanded={open} onClick={() => onOpen(!open)}>
        <span class="cut" title={rangeText(range)}>
          {rangeText(range)}
        </span>
        <Icon name="down" size={12} />
      </Button>
      {open && (
        <Popover anchor={opener} align="end" role="dialog" aria-label="Time range" onClose={() => onOpen(false)}>
          <Choices range={range} onChoose={choose} />
        </Popover>
      )}
    </span>
  );
}

function Choices({ range, onChoose }: { range: Range; onChoose: (range: Range) => void }) {
  const times = timesOf(range, Date.now());
  const [from, setFrom] = useState(times.from ? localInput(times.from) : '');
  const [to, setTo] = useState(times.to ? localInput(times.to) : '');
  const reversed = from !== '' && to !== '' && from >= to;
  return (
    <div class="explore-times">
      <ul>
        {spans.map(({ name, label }) => (
          <li key={name}>
            <button
              type="button"
              class="menu-item"
              aria-pressed={range.kind === 'last' && range.name === name}
              onClick={() => onChoose({ kind: 'last', name })}
            >
              {label}
              {range.kind === 'last' && range.name === name && <Icon name="check" />}
            </button>
          </li>
        ))}
      </ul>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (from === '' || reversed) return;
          const end = to === '' ? undefined : new Date(to).toISOString();
          onChoose({ kind: 'between', from: new Date(from).toISOString(), to: end });
        }}
      >
        <Field label={`From (${zone})`} type="datetime-local" step={1} required value={from} onInput={setFrom} />
        <Field
          label="To"
          type="datetime-local"
          step={1}
          value={to}
          onInput={setTo}
          problem={reversed ? 'Must be after the beginning' : undefined}
          hint={to === '' ? 'Until now' : undefined}
        />
        <Button type="submit" look="primary" disabled={from === '' || reversed}>
          Apply
        </Button>
      </form>
    </div>
  );
}
