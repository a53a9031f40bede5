import { useRef, useState } from 'preact/hooks';
import { usualViewColumns, type ViewColumn } from '../../../core/views/vocabulary.js';
import type { AuditEvent } from '../api/types.js';
import { waysOf } from '../event/links.js';
import { OutcomeBadge } from '../ui/badge.js';
import { Button } from '../ui/button.js';
import { Checkbox } from '../ui/field.js';
import type { MenuItem } from '../ui/menu.js';
import { Popover } from '../ui/popover.js';
import { Time } from '../ui/time.js';
import { Value } from '../ui/value.js';
import type { GridColumn } from '../ui/virtual-table.js';
import { words } from './words.js';

type Column = GridColumn<AuditEvent> & { name: ViewColumn };

/** A text of an event that is a filter, too. */
const plain = (
  name: ViewColumn,
  width: number,
  text: (event: AuditEvent) => string | undefined,
  {
    mono = false,
    field = name,
    more,
  }: { mono?: boolean; field?: string; more?: (event: AuditEvent) => MenuItem[] } = {},
): Column => ({
  name,
  label: words[name] ?? name,
  width,
  cell: (event) => {
    const value = text(event);
    return value === undefined ? null : (
      <Value text={value} field={field} mono={mono} more={() => more?.(event) ?? []} lazy />
    );
  },
});

const mono = { mono: true };

/** Every column there is, in the order in which they stand. */
export const columns: readonly Column[] = [
  { name: 'time', label: 'Time', width: 96, cell: ({ occurred_at }) => <Time iso={occurred_at} /> },
  { name: 'outcome', label: 'Outcome', width: 88, cell: ({ outcome }) => <OutcomeBadge outcome={outcome} /> },
  plain('action', 160, ({ action }) => action),
  {
    name: 'actor',
    label: 'Actor',
    width: 152,
    cell: (event) => {
      const { id, email, name, type } = event.actor;
      const key = id ?? email;
      if (key === undefined) return <span class="faint">{type}</span>;
      return (
        <Value text={key} field="actor" more={() => waysOf.actor(event)} lazy>
          {name ?? email ?? id}
        </Value>
      );
    },
  },
  {
    name: 'target',
    label: 'Target',
    width: 196,
    cell: (event) => {
      const { target } = event;
      if (!target) return null;
      const shown = (
        <>
          {target.type && <span class="faint">{target.type} </span>}
          {target.name ?? target.id}
        </>
      );
      return target.id === undefined ? (
        shown
      ) : (
        <Value text={target.id} field="target_id" more={() => waysOf.target(event)} lazy>
          {shown}
        </Value>
      );
    },
  },
  plain('ip', 132, ({ ip }) => ip, mono),
  plain('service', 96, ({ service }) => service),
  {
    name: 'message',
    label: 'Message',
    width: 160,
    grow: true,
    cell: ({ message }) => (
      <span class="cut soft" title={message}>
        {message}
      </span>
    ),
  },
  plain('reason', 148, ({ reason }) => reason),
  plain('auth_method', 104, ({ auth_method }) => auth_method),
  plain('organization_id', 128, ({ organization_id }) => organization_id),
  plain('application_id', 128, ({ application_id }) => application_id),
  plain('correlation_id', 208, ({ correlation_id }) => correlation_id, { mono: true, more: waysOf.correlation }),
  plain('request_id', 208, ({ request_id }) => request_id, mono),
  plain('session_id', 208, ({ session_id }) => session_id, mono),
  plain('category', 104, ({ category }) => category),
  plain('kind', 88, ({ kind }) => kind),
  plain('actor_type', 104, ({ actor }) => actor.type),
  plain('target_type', 112, ({ target }) => target?.type),
  {
    name: 'id',
    label: 'Event id',
    width: 296,
    cell: (event) => <Value text={event.id} mono more={() => waysOf.event(event)} lazy />,
  },
];

export { usualViewColumns as usualColumns };

/** Those of the names, in our order. */
export const columnsOf = (names: readonly string[]): readonly Column[] =>
  columns.filter(({ name }) => names.includes(name));

export function ColumnChooser({
  chosen,
  onChange,
}: {
  chosen: readonly string[];
  onChange: (names: readonly string[]) => void;
}) {
  const [open, setOpen] = useState(false);
  const anchor = useRef<HTMLSpanElement>(null);
  return (
    <span class="menu-anchor" ref={anchor}>
      <Button
        look="quiet"
        small
        icon="columns"
        aria-haspopup="dialog"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        Columns
      </Button>
      {open && (
        <Popover
          anchor={() => anchor.current}
          align="end"
          role="dialog"
          aria-label="Columns"
          onClose={() => setOpen(false)}
        >
          <div class="explore-columns">
            {columns.map(({ name, label }) => (
              <Checkbox
                key={name}
                label={label}
                checked={chosen.includes(name)}
                disabled={chosen.length === 1 && chosen[0] === name}
                onChange={(on) => onChange(on ? [...chosen, name] : chosen.filter((one) => one !== name))}
              />
            ))}
            <Button look="quiet" small onClick={() => onChange(usualViewColumns)}>
              The usual ones
            </Button>
          </div>
        </Popover>
      )}
    </span>
  );
}
