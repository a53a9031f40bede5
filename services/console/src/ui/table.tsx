import './table.css';
import type { ComponentChildren } from 'preact';

export interface TableColumn<R> {
  name: string;
  /** Empty over what is done with a row. */
  label: string;
  cell: (row: R) => ComponentChildren;
  /** Figures stand at the right. */
  number?: boolean;
}

/** A plain table, for lists that fit a page. `caption` is for who cannot see where it stands. */
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
    <div class="table-frame">
      <table class="table">
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ name, label, number }) => (
              <th key={name} scope="col" class={number ? 'number' : ''}>
                {label === '' ? <span class="unseen">Actions</span> : label}
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
              {columns.map(({ name, cell, number }) => (
                <td key={name} class={number ? 'number' : ''}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
