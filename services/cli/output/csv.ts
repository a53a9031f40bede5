import { printable } from './text.js';

/** What a spreadsheet takes for a formula; a quote before it makes it text. As in the gateway's exports. */
const formula = /^'*[=+\-@＝＋－＠]/;
const special = /[",]/;

/** A record in one line. Controls are shown as \u000a: an event is a line, and nothing steers the terminal. */
export const csvLine = (cells: readonly string[]): string => `${cells.map(cell).join(',')}\n`;

function cell(text: string): string {
  const safe = printable(text);
  const guarded = formula.test(safe) ? `'${safe}` : safe;
  return special.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}
