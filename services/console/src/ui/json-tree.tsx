import './json-tree.css';
import { useContext, useState } from 'preact/hooks';
import { Actions } from './actions.js';
import { Button } from './button.js';
import { counted } from './format.js';
import { Icon } from './icon.js';

const openTo = 2;
/** More entries of one object or list are shown on demand. */
const firstEntries = 100;

/** Any JSON value, its objects and lists to be opened, each value to be copied; looked for as well, where `field` names what it is of. */
export const JsonTree = ({
  value,
  openDepth = openTo,
  field,
}: {
  value: unknown;
  openDepth?: number;
  field?: 'details' | 'before' | 'after';
}) => (
  <div class="json">
    <div class="json-root">
      <Node value={value} depth={0} openDepth={openDepth} {...(field ? { field } : {})} />
    </div>
  </div>
);

interface NodeProps {
  name?: string;
  value: unknown;
  depth: number;
  openDepth: number;
  /** As the query language calls it: `details.region`. */
  field?: string;
}

/** A member below; items of a list go by the name of the list. */
const below = (field: string, name: string): string =>
  `${field}.${/^[A-Za-z_][A-Za-z0-9_-]*$/.test(name) ? name : JSON.stringify(name)}`;

function Node(props: NodeProps) {
  const { value } = props;
  return typeof value === 'object' && value !== null ? <Branch {...props} value={value} /> : <Leaf {...props} />;
}

const Name = ({ name }: { name: string | undefined }) =>
  name === undefined ? null : <span class="json-name">{name}:</span>;

function Copy({ value }: { value: unknown }) {
  const { copy } = useContext(Actions);
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  return <Button look="quiet" small icon="copy" label="Copy this value" onClick={() => copy(text)} />;
}

function Leaf({ name, value, field }: NodeProps) {
  const { include, exclude } = useContext(Actions);
  const kind = typeof value === 'string' ? 'text' : typeof value === 'number' ? 'number' : 'word';
  return (
    <div class="json-line">
      <Name name={name} />
      <span class={`json-${kind}`}>{JSON.stringify(value)}</span>
      <Copy value={value} />
      {field?.includes('.') && include && (
        <Button
          look="quiet"
          small
          icon="filter"
          label="Only events with this"
          onClick={() => include(field, String(value))}
        />
      )}
      {field?.includes('.') && exclude && (
        <Button
          look="quiet"
          small
          icon="exclude"
          label="Leave out events with this"
          onClick={() => exclude(field, String(value))}
        />
      )}
    </div>
  );
}

function Branch({ name, value, depth, openDepth, field }: NodeProps & { value: object }) {
  const [open, setOpen] = useState(depth < openDepth);
  const [most, setMost] = useState(firstEntries);
  const list = Array.isArray(value);
  const entries = Object.entries(value);
  const size = list ? counted(entries.length, 'item') : counted(entries.length, 'member');
  return (
    <>
      <div class="json-line">
        <button type="button" class="json-toggle" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name={open ? 'down' : 'right'} size={14} />
          <Name name={name} /> <span class="faint">{list ? `[ ${size} ]` : `{ ${size} }`}</span>
        </button>
        <Copy value={value} />
      </div>
      {open && entries.length > 0 && (
        <ul>
          {entries.slice(0, most).map(([key, inner]) => (
            <li key={key} class="json-root">
              <Node
                name={key}
                value={inner}
                depth={depth + 1}
                openDepth={openDepth}
                {...(field ? { field: list ? field : below(field, key) } : {})}
              />
            </li>
          ))}
          {entries.length > most && (
            <li>
              <Button look="quiet" small onClick={() => setMost(most * 10)}>
                {counted(entries.length - most, 'more entry', 'more entries')}
              </Button>
            </li>
          )}
        </ul>
      )}
    </>
  );
}
