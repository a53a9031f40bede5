/**
 * Beginnings that a spreadsheet takes for a formula, the full-width ones included, whatever number of quotes stands before them: each
 * such cell gets one quote more, so that taking one off such a cell gives back what was logged.
 */
const formula = /^'*[=+\-@\t\r\n＝＋－＠]/;
const special = /[",\r\n]/;

/** One cell after RFC 4180, guarded against formulas. */
export function csvCell(text: string): string {
  const guarded = formula.test(text) ? `'${text}` : text;
  return special.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

/** A record with its line end. A lone empty cell is quoted: readers skip empty lines. */
export function csvRecord(cells: readonly string[]): string {
  const line = cells.map(csvCell).join(',');
  return `${line === '' ? '""' : line}\r\n`;
}

export const byteOrderMark = '\ufeff';
