import { fit, printable, widthOf } from '../output/text.js';

const indent = '  ';
/** What is shown before the place, where the text is too long to be shown whole. */
const lead = 30;

/** The text, and under it carets at the place: two lines within `width` columns. Positions are in UTF-16 units. */
export function pointAt(text: string, { start, end }: { start: number; end: number }, width: number): string[] {
  const room = width - indent.length - 1;
  const whole = widthOf(printable(text)) <= room;
  const from = whole ? 0 : Math.max(0, start - lead);
  const before = `${from > 0 ? '…' : ''}${printable(text.slice(from, start))}`;
  const at = printable(text.slice(start, end));
  const line = fit(`${before}${at}${printable(text.slice(end))}`, room);
  const carets = Math.max(1, Math.min(widthOf(at), room - widthOf(before)));
  return [`${indent}${line}`, `${indent}${' '.repeat(widthOf(before))}${'^'.repeat(carets)}`];
}
