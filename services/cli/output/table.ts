import { fit, lengthOf, pad, printable } from './text.js';

export interface Column<T> {
  title: string;
  of: (row: T) => string;
  /** Characters below which it is not narrowed; absent: never narrowed. */
  atLeast?: number;
}

const gap = '  ';

/** Rows under their titles, no line longer than `width` unless even the narrowest columns are: then lines are as long as they must be. */
export function renderTable<T>(columns: readonly Column<T>[], rows: readonly T[], width: number): string {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ of }) => printable(of(row))))];
  const widths = columns.map((_, at) => Math.max(...cells.map((row) => lengthOf(row[at]!))));
  narrow(widths, columns, width - gap.length * (columns.length - 1));
  return cells
    .map(
      (row) =>
        `${row
          .map((cell, at) => pad(fit(cell, widths[at]!), widths[at]!))
          .join(gap)
          .trimEnd()}\n`,
    )
    .join('');
}

/** Takes from the widest column that may still give, until all fit. */
function narrow(widths: number[], columns: readonly Column<never>[], room: number): void {
  const spare = (at: number): number => widths[at]! - (columns[at]!.atLeast ?? Number.POSITIVE_INFINITY);
  for (let over = widths.reduce((sum, one) => sum + one, 0) - room; over > 0; over -= 1) {
    const giving = widths.map((_, at) => at).filter((at) => spare(at) > 0);
    if (giving.length === 0) return;
    const widest = giving.reduce((best, at) => (widths[at]! > widths[best]! ? at : best));
    widths[widest]! -= 1;
  }
}
