import { fit, printable, widthOf } from '../output/text.js';

const indent = '  ';

/** The text, and under it carets at the place: two lines within `width` columns. Positions are in UTF-16 units. */
export function pointAt(text: string, { start, end }: { start: number; end: number }, width: number): string[] {
  const room = width - indent.length - 1;
  const whole = widthOf(printable(text)) <= room;
  // Where the text is too long, what stands before the place gets a third.
  const from = whole ? 0 : Math.max(0, start - Math.floor(room / 3));
  const before = `${from > 0 ? '…' : ''}${printable(text.slice(from, start))}`;
  const at = printable(text.slice(start, end));
  const line = fit(`${before}${at}${printable(text.slice(end))}`, room);
  const carets = Math.max(1, Math.min(widthOf(at), room - widthOf(before)));
  return [`${indent}${line}`, `${indent}${' '.repeat(widthOf(before))}${'^'.repeat(carets)}`];
}
