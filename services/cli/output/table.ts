import { fit, pad, printable, widthOf } from './text.js';

export interface Column<T> {
  title: string;
  of: (row: T) => string;
  /** Columns of the terminal below which it is not narrowed; absent: never narrowed. */
  atLeast?: number;
}

/** A table whose widths are settled. */
export interface Layout<T> {
  head: string;
  lines(rows: readonly T[]): string;
}

const gap = '  ';
/** No cell is looked at beyond this, however long the event. */
const mostOfCell = 400;
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** A cell in a script that runs from right to left shall not pull the cells behind it to its other side (UAX #9, isolates). */
const isolated = (cell: string): string => (rightToLeft.test(cell) ? `\u2068${cell}\u2069` : cell);

/**
 * Settles the widths by some rows; later ones are cut to them. No line is longer than `width`, unless even the narrowest columns are: then
 * lines are as long as they must be. With `spread`, columns that may be cut share what room is left, for rows to come.
 */
export function layOut<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  width: number,
  { spread = false }: { spread?: boolean } = {},
): Layout<T> {
  const titles = columns.map(({ title }) => title);
  const cellsOf = (row: T): string[] => columns.map(({ of }) => printable(clipped(of(row))));
  const cells = rows.map(cellsOf);
  const room = width - gap.length * (columns.length - 1);
  const widths = titles.map((title, at) =>
    cells.reduce(
      (most, row) => Math.max(most, widthOf(row[at]!)),
      Math.max(widthOf(title), spread ? least(columns[at]!) : 0),
    ),
  );
  narrow(widths, columns, room);
  if (spread) widen(widths, columns, room);
  const line = (row: readonly string[]): string =>
    `${row
      .map((cell, at) => {
        const text = fit(cell, widths[at]!);
        return pad(isolated(text), widths[at]!);
      })
      .join(gap)
      .trimEnd()}\n`;
  return { head: line(titles), lines: (more) => more.map((row) => line(cellsOf(row))).join('') };
}

export function renderTable<T>(columns: readonly Column<T>[], rows: readonly T[], width: number): string {
  const { head, lines } = layOut(columns, rows, width);
  return head + lines(rows);
}

const clipped = (text: string): string => (text.length > mostOfCell ? `${text.slice(0, mostOfCell)}…` : text);
const least = ({ atLeast = 0 }: Column<never>): number => atLeast;

/** Takes from the widest column that may still give, until all fit. */
function narrow(widths: number[], columns: readonly Column<never>[], room: number): void {
  const spare = (at: number): number => widths[at]! - (columns[at]!.atLeast ?? Number.POSITIVE_INFINITY);
  for (let over = sum(widths) - room; over > 0; over -= 1) {
    const giving = widths.map((_, at) => at).filter((at) => spare(at) > 0);
    if (giving.length === 0) return;
    const widest = giving.reduce((best, at) => (widths[at]! > widths[best]! ? at : best));
    widths[widest]! -= 1;
  }
}

/** Gives to the narrowest of the columns that may be cut, until there is no room. */
function widen(widths: number[], columns: readonly Column<never>[], room: number): void {
  const taking = widths.map((_, at) => at).filter((at) => columns[at]!.atLeast !== undefined);
  for (let left = room - sum(widths); left > 0 && taking.length > 0; left -= 1) {
    const narrowest = taking.reduce((best, at) => (widths[at]! < widths[best]! ? at : best));
    widths[narrowest]! += 1;
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
