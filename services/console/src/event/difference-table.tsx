import './difference.css';
import { useContext, useMemo, useState } from 'preact/hooks';
import { useApp } from '../shell/app.js';
import { Actions } from '../ui/actions.js';
import { Button } from '../ui/button.js';
import { Checkbox } from '../ui/field.js';
import { counted } from '../ui/format.js';
import { Icon } from '../ui/icon.js';
import { type Difference, difference, isObject, type Sign, tally } from './difference.js';

const says: Readonly<Record<Sign, string>> = { '+': 'added', '-': 'removed', '~': 'changed', '=': 'unchanged' };
const shown: Readonly<Record<Sign, string>> = { '+': '+', '-': '−', '~': '~', '=': '' };
/** More members of one object or list are shown on demand. */
const firstEntries = 200;

/** Two states side by side. What differs has a sign, a word for who hears it, and a colour. */
export function DifferenceTable({
  before,
  after,
  titles = ['Before', 'After'],
}: {
  before: unknown;
  after: unknown;
  titles?: readonly [string, string];
}) {
  const { router } = useApp();
  const only = router.text('only') === 'changed';
  const whole = useMemo(() => difference(before, after), [before, after]);
  const { '+': added, '-': removed, '~': changed } = tally(whole);
  const rows = whole.inner ?? [{ ...whole, name: 'value' }];
  return (
    <section class="difference">
      <header>
        <span class="difference-tally" role="status">
          <b class="added">+{added}</b> added
          <b class="removed">−{removed}</b> removed
          <b class="changed">~{changed}</b> changed
        </span>
        <Checkbox
          label="Changed only"
          checked={only}
          onChange={(on) => router.change({ only: on ? 'changed' : undefined })}
        />
      </header>
      <div class="difference-table" role="table" aria-label={`${titles[0]} and ${titles[1]}`}>
        <div role="row" class="difference-row difference-head">
          <span role="columnheader" class="difference-sign">
            <span class="unseen">Change</span>
          </span>
          <span role="columnheader">{titles[0]}</span>
          <span role="columnheader">{titles[1]}</span>
        </div>
        <Rows rows={rows} depth={0} only={only} />
        {rows.length === 0 && <p class="difference-none faint">Both are empty.</p>}
        {rows.length > 0 && only && whole.changes === 0 && <p class="difference-none faint">Nothing differs.</p>}
      </div>
    </section>
  );
}

function Rows({ rows, depth, only }: { rows: readonly Difference[]; depth: number; only: boolean }) {
  const [most, setMost] = useState(firstEntries);
  const all = only ? rows.filter(({ sign }) => sign !== '=') : rows;
  return (
    <>
      {all.slice(0, most).map((row, at) => (
        <Row key={`${at} ${row.name}`} row={row} depth={depth} only={only} />
      ))}
      {all.length > most && (
        <Button look="quiet" small onClick={() => setMost(most * 10)}>
          {counted(all.length - most, 'more member')}
        </Button>
      )}
    </>
  );
}

function Row({ row, depth, only }: { row: Difference; depth: number; only: boolean }) {
  const { name, sign, before, after, inner } = row;
  const branch = inner !== undefined && inner.length > 0;
  const [open, setOpen] = useState(depth < 2 || sign !== '=');
  const side = (value: unknown, mine: boolean) => (
    <span
      role="cell"
      class={`difference-cell ${value === undefined ? 'absent' : ''}`}
      style={{ paddingLeft: `${depth * 14 + 4}px` }}
    >
      {value === undefined ? (
        <span class="unseen">not there</span>
      ) : branch ? (
        <button
          type="button"
          class="difference-toggle"
          aria-expanded={open}
          tabIndex={mine ? 0 : -1}
          onClick={() => setOpen(!open)}
        >
          <Icon name={open ? 'down' : 'right'} size={12} />
          <span class="difference-name">{name}</span> <span class="faint">{sizeOf(value)}</span>
        </button>
      ) : (
        <>
          <span class="difference-name">{name}:</span> <span class="difference-value">{JSON.stringify(value)}</span>
          <Copy value={value} />
        </>
      )}
    </span>
  );
  return (
    <>
      <div role="row" class={`difference-row ${says[sign]}`}>
        <span role="cell" class="difference-sign">
          <span aria-hidden="true">{shown[sign]}</span>
          <span class="unseen">{says[sign]}</span>
        </span>
        {side(before, before !== undefined)}
        {side(after, before === undefined)}
      </div>
      {branch && open && <Rows rows={inner} depth={depth + 1} only={only} />}
    </>
  );
}

function Copy({ value }: { value: unknown }) {
  const { copy } = useContext(Actions);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return <Button look="quiet" small icon="copy" label="Copy this value" onClick={() => copy(text)} />;
}

const sizeOf = (value: unknown): string => {
  if (Array.isArray(value)) return `[ ${counted(value.length, 'item')} ]`;
  return isObject(value) ? `{ ${counted(Object.keys(value).length, 'member')} }` : '';
};
