import { varintBytes, writeVarint } from './bytes.js';
import type { Column } from './column.js';

/** ClickHouse forms a block of what one INSERT sends up to this many rows, and would split a longer one in two. */
export const maxBlockRows = 1_048_449;

function varint(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(varintBytes);
  return bytes.subarray(0, writeVarint(bytes, 0, value));
}

const text = (value: string): Buffer => Buffer.concat([varint(Buffer.byteLength(value)), Buffer.from(value)]);

/**
 * One block of the Native format as HTTP clients send it, without a protocol revision
 * (https://clickhouse.com/docs/interfaces/formats/Native): the number of columns and of rows, then each column's name, type and
 * data. The chunks are the columns' own memory. Throws when the columns differ in rows, or hold more than one block does.
 */
export function nativeBlock(columns: readonly Column[]): Buffer[] {
  const rows = columns[0]?.rows ?? 0;
  const odd = columns.find((column) => column.rows !== rows);
  if (odd) throw new RangeError(`column ${odd.name} has ${odd.rows} rows, ${columns[0]!.name} has ${rows}`);
  if (rows >= maxBlockRows)
    throw new RangeError(`a block of ${rows} rows would be split: it must stay below ${maxBlockRows}`);
  return [
    varint(columns.length),
    varint(rows),
    ...columns.flatMap(({ name, type, chunks }) => [text(name), text(type), ...chunks()]),
  ];
}
