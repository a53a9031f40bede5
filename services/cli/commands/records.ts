import { renderFields } from '../output/fields.js';
import type { OutputFormat, Printer } from '../output/printer.js';
import type { Column } from '../output/table.js';

/** '*' among them means every organization. */
export const organizationsOf = (given: readonly string[]): '*' | readonly string[] =>
  given.includes('*') ? '*' : given;

export async function printRecord(record: object, output: OutputFormat, printer: Printer): Promise<void> {
  if (output !== 'table') return printer[output](record);
  const fields = Object.entries(record).map(
    ([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value] as const,
  );
  await printer.text(renderFields(fields, printer.width));
}

/** An answer that is one named list. */
export async function printRecords<T>(
  answer: Readonly<Record<string, readonly T[]>>,
  columns: readonly Column<T>[],
  output: OutputFormat,
  printer: Printer,
): Promise<void> {
  if (output === 'json') return printer.json(answer);
  const [[name, rows]] = Object.entries(answer) as [[string, readonly T[]]];
  if (output === 'ndjson') for (const row of rows) await printer.ndjson(row);
  else if (rows.length === 0) printer.note(`No ${name}.`);
  else await printer.table(columns, rows);
}
