import type { Paint, Style } from './style.js';
import { fit, pad, printable, widthOf } from './text.js';

export interface Column<T> {
  title: string;
  of: (row: T) => string;
  /** Columns of the terminal below which it is not narrowed; absent: never narrowed. */
  atLeast?: number;
  /** How a row's cell is set off where there are colours. */
  style?: (row: T) => Style | undefined;
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
  { width, spread = false, paint = plain }: { width: number; spread?: boolean; paint?: Paint },
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
  const line = (row: readonly string[], styleOf: (at: number) => Style | undefined): string => {
    const last = row.findLastIndex((cell) => cell.trim() !== '');
    const shown = row.slice(0, last + 1).map((cell, at) => {
      const text = isolated(fit(cell, widths[at]!));
      return paint(text, styleOf(at)) + (at === last ? '' : pad('', widths[at]! - widthOf(text)));
    });
    return `${shown.join(gap)}\n`;
  };
  return {
    head: line(titles, () => 'head'),
    lines: (more) => more.map((row) => line(cellsOf(row), (at) => columns[at]!.style?.(row))).join(''),
  };
}

export function renderTable<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  options: { width: number; paint?: Paint },
): string {
  const { head, lines } = layOut(columns, rows, options);
  return head + lines(rows);
}

const plain: Paint = (text) => text;
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
