import { useRef, useState } from 'preact/hooks';
import { usualViewColumns, type ViewColumn } from '../../../core/views/vocabulary.js';
import type { AuditEvent } from '../api/types.js';
import { waysOf } from '../event/links.js';
import { OutcomeBadge } from '../ui/badge.js';
import { Button } from '../ui/button.js';
import { Checkbox } from '../ui/field.js';
import { formatLocal } from '../ui/format.js';
import type { MenuItem } from '../ui/menu.js';
import { Popover } from '../ui/popover.js';
import { Ago, TimeTip } from '../ui/time.js';
import { ValueMenu } from '../ui/value.js';
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
    more = () => [],
    cell = text,
  }: {
    mono?: boolean;
    field?: string;
    more?: (event: AuditEvent) => MenuItem[];
    /** Where another text stands for it. */
    cell?: Column['cell'];
  } = {},
): Column => ({
  name,
  label: words[field] ?? name,
  width,
  mono,
  cell,
  title: text,
  tools: (event) => {
    const value = text(event);
    return value === undefined ? null : <ValueMenu text={value} field={field} more={() => more(event)} />;
  },
});

const mono = { mono: true };

/** Every column there is, in the order in which they stand. */
export const columns: readonly Column[] = [
  {
    name: 'time',
    label: 'Time',
    width: 96,
    cell: ({ occurred_at }) => <Ago iso={occurred_at} />,
    tools: ({ occurred_at }) => <TimeTip iso={occurred_at} />,
  },
  { name: 'outcome', label: 'Outcome', width: 88, cell: ({ outcome }) => <OutcomeBadge outcome={outcome} /> },
  plain('action', 160, ({ action }) => action),
  plain('actor', 152, ({ actor }) => actor.id ?? actor.email, {
    more: waysOf.actor,
    cell: ({ actor: { id, email, name, type } }) => name ?? email ?? id ?? <span class="faint">{type}</span>,
  }),
  plain('target', 196, ({ target }) => target?.id, {
    field: 'target_id',
    more: waysOf.target,
    cell: ({ target }) =>
      target && (
        <>
          {target.type && <span class="faint">{target.type} </span>}
          {target.name ?? target.id}
        </>
      ),
  }),
  plain('ip', 132, ({ ip }) => ip, mono),
  plain('service', 96, ({ service }) => service),
  {
    name: 'message',
    label: 'Message',
    width: 160,
    grow: true,
    cell: ({ message }) => <span class="soft">{message}</span>,
    title: ({ message }) => message,
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
    mono: true,
    cell: ({ id }) => id,
    title: ({ id }) => id,
    tools: (event) => <ValueMenu text={event.id} more={() => waysOf.event(event)} />,
  },
];

export { usualViewColumns as usualColumns };

/** The column of times, where they are to be read to the second rather than as how long ago. */
const exactTime: Column = {
  ...columns[0]!,
  width: 168,
  cell: ({ occurred_at }) => <time dateTime={occurred_at}>{formatLocal(occurred_at)}</time>,
};

/** Those of the names, in our order. */
export const columnsOf = (names: readonly string[], exact = false): readonly Column[] =>
  columns.filter(({ name }) => names.includes(name)).map((one) => (exact && one.name === 'time' ? exactTime : one));

export function ColumnChooser({
  chosen,
  onChange,
  exact,
  onExact,
}: {
  chosen: readonly string[];
  onChange: (names: readonly string[]) => void;
  /** Whether times are told to the second. */
  exact: boolean;
  onExact: (exact: boolean) => void;
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
            <Checkbox label="Exact times" checked={exact} onChange={onExact} />
          </div>
        </Popover>
      )}
    </span>
  );
}
