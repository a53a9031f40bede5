import { fit, pad, printable, widthOf } from './text.js';

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const heights = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

export const grouped = (value: number): string => value.toLocaleString('en');

export interface Bar {
  name: string;
  count: number;
  /** A remainder, not to be measured against the others: it has no bar. */
  rest?: boolean;
}

/** Names, counts, and bars beside each other that are as long as the counts are large. At most `width` columns. */
export function renderBars(bars: readonly Bar[], width: number): string {
  const names = bars.map(({ name }) => printable(name));
  const counts = bars.map(({ count }) => grouped(count));
  const countWidth = Math.max(...counts.map((count) => count.length));
  const nameWidth = Math.min(Math.max(...names.map(widthOf)), Math.floor(width * 0.45));
  const room = width - nameWidth - countWidth - 6;
  const most = Math.max(1, ...bars.map(({ count, rest }) => (rest ? 0 : count)));
  return bars
    .map(({ count, rest }, at) => {
      const name = pad(fit(names[at]!, nameWidth), nameWidth);
      return `  ${name}  ${counts[at]!.padStart(countWidth)}  ${rest ? '' : bar((count / most) * room)}`.trimEnd();
    })
    .map((line) => `${line}\n`)
    .join('');
}

/** A bar that many columns long, to the eighth; something that is there is seen. */
function bar(columns: number): string {
  const parts = columns > 0 ? Math.max(1, Math.round(columns * 8)) : 0;
  return '█'.repeat(Math.floor(parts / 8)) + eighths[parts % 8];
}

export interface Bucket {
  start: string;
  count: number;
}

/**
 * Counts over time as columns, with the largest at their side; below when they begin, and what one stands for. Neighbours share a column
 * where there are too many.
 */
export function renderChart(
  buckets: readonly Bucket[],
  { width, interval, rows = 5 }: { width: number; interval: string; rows?: number },
): string {
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  const room = width - grouped(total).length - 4;
  const together = Math.ceil(buckets.length / room);
  const columns: number[] = [];
  for (let at = 0; at < buckets.length; at += together) {
    columns.push(buckets.slice(at, at + together).reduce((sum, { count }) => sum + count, 0));
  }
  const most = Math.max(1, ...columns);
  const label = grouped(most);
  const margin = ' '.repeat(label.length + 3);
  const lines = Array.from({ length: rows }, (_, line) => {
    const below = (rows - 1 - line) * 8;
    const cells = columns.map((count) => {
      const eighthsHigh = count === 0 ? 0 : Math.max(1, Math.round((count / most) * rows * 8));
      return heights[Math.min(8, Math.max(0, eighthsHigh - below))];
    });
    return `${line === 0 ? `  ${label} ` : margin}${cells.join('')}`.trimEnd();
  });
  const times = axis(buckets, { columns: columns.length, together, seconds: interval.endsWith('s') });
  const each = together === 1 ? interval : `${together} × ${interval}`;
  return `${[...lines, `${margin}${times}`, `${margin}a column is ${each}, the highest ${label}`].join('\n')}\n`;
}

/** When the first column begins, below it, and the last one, where there is room. UTC, as everything here. */
function axis(
  buckets: readonly Bucket[],
  { columns, together, seconds }: { columns: number; together: number; seconds: boolean },
): string {
  const at = (index: number): string => buckets[index]!.start.slice(0, seconds ? 19 : 16).replace('T', ' ');
  const first = at(0);
  const last = at((columns - 1) * together);
  return columns > first.length + last.length ? first + last.padStart(columns - first.length) : first;
}
