import './table.css';
import type { ComponentChildren } from 'preact';

export interface TableColumn<R> {
  name: string;
  /** Empty over what is done with a row. */
  label: string;
  cell: (row: R) => ComponentChildren;
  /** Figures stand at the right. */
  number?: boolean;
  /** Prose: goes on in the next line rather than being cut. */
  wrap?: boolean;
  /** What the row is called: stands above the rest where rows are blocks. */
  lead?: boolean;
}

/** As many as fit a narrow window side by side. */
const mostBeside = 4;

const classOf = ({ label, number, wrap, lead }: Omit<TableColumn<never>, 'name' | 'cell'>): string =>
  [number && 'number', wrap && 'wrap', lead && 'lead', label === '' && 'acts'].filter(Boolean).join(' ');

/**
 * A plain table, for lists that fit a page. `caption` is for who cannot see where it stands. Where it has more columns than fit a narrow
 * place, each row is a block there, and each cell a line of its own beside its column's name.
 */
export function Table<R>({
  caption,
  columns,
  rows,
  keyOf,
  onOpen,
}: {
  caption: string;
  columns: readonly TableColumn<R>[];
  rows: readonly R[];
  keyOf: (row: R) => string;
  /** For the pointer; the keyboard needs a link or button within the row. */
  onOpen?: (row: R) => void;
}) {
  return (
    <div class={`table-frame ${columns.length > mostBeside ? 'stacks' : ''}`}>
      <table class="table">
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" class={classOf(column)}>
                {column.label === '' ? <span class="unseen">Actions</span> : column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr
              key={keyOf(row)}
              {...(onOpen
                ? {
                    class: 'pressable',
                    onClick: (event: MouseEvent) => {
                      if (!(event.target as Element).closest('a,button,input,select')) onOpen(row);
                    },
                  }
                : {})}
            >
              {columns.map((column) => (
                <td key={column.name} class={classOf(column)} data-label={column.label}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
