import { once } from 'node:events';
import type { Surroundings } from '../surroundings.js';
import { csvLine } from './csv.js';
import { createPaint, type Paint } from './style.js';
import { type Column, renderTable } from './table.js';
import { printable, printableJson } from './text.js';

export const outputFormats = ['table', 'json', 'ndjson'] as const;
export type OutputFormat = (typeof outputFormats)[number];

/** Writes results to stdout and what is said beside them to stderr. */
export interface Printer {
  /** Characters in a line: a terminal's, 80 elsewhere. */
  readonly width: number;
  /** Colours, where stdout is a terminal that has them. */
  readonly paint: Paint;
  text(text: string): Promise<void>;
  json(value: unknown): Promise<void>;
  /** One JSON value in one line. */
  ndjson(value: unknown): Promise<void>;
  csv(cells: readonly string[]): Promise<void>;
  table<T>(columns: readonly Column<T>[], rows: readonly T[]): Promise<void>;
  /** For the person, not for the pipe. */
  note(text: string): void;
}

const plainWidth = 80;

export function createPrinter({ stdout, stderr, env }: Pick<Surroundings, 'stdout' | 'stderr' | 'env'>): Printer {
  const asked = Number(env.COLUMNS);
  const width = Math.max(40, (stdout.isTTY && stdout.columns) || (Number.isInteger(asked) && asked) || plainWidth);
  const paint = createPaint({ stdout, env });
  const write = async (text: string): Promise<void> => {
    if (!stdout.write(text)) await once(stdout, 'drain');
  };
  return {
    width,
    paint,
    text: write,
    json: (value) => write(`${printableJson(JSON.stringify(value, null, 2))}\n`),
    ndjson: (value) => write(`${printableJson(JSON.stringify(value))}\n`),
    csv: (cells) => write(csvLine(cells)),
    table: (columns, rows) => write(renderTable(columns, rows, { width, paint })),
    note: (text) => void stderr.write(`${text.split('\n').map(printable).join('\n')}\n`),
  };
}
