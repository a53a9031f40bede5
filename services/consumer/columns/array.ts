import type { Column } from './column.js';
import { createNumberColumn } from './number.js';

export interface ArrayColumn<Items extends Column> extends Column {
  /** Where the items of the row to come are appended. */
  readonly items: Items;
  /** Ends a row: it holds the items appended since the row before ended. */
  endRow(): void;
  emptyRows(count: number): void;
}

/** Array(T): for each row the number of items up to its end, as UInt64, then the items as a column of T. */
export function createArrayColumn<Items extends Column>(items: Items): ArrayColumn<Items> {
  const ends = createNumberColumn(items.name, 'UInt64');
  return {
    name: items.name,
    type: `Array(${items.type})`,
    items,
    get rows() {
      return ends.rows;
    },
    endRow: () => ends.append(items.rows),
    emptyRows: (count) => ends.repeat(items.rows, count),
    chunks: () => [...ends.chunks(), ...items.chunks()],
    reset() {
      ends.reset();
      items.reset();
    },
  };
}
