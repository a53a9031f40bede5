import type { EventRow } from '../../core/rows/index.js';
import { rowAnswer } from '../query/answer.js';
import { byteOrderMark, csvRecord } from './csv.js';
import { type ExportField, picker } from './fields.js';

export const exportFormats = ['json', 'ndjson', 'csv'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** How an export is written. Head, events and tail, one after the other, are the file. */
export interface FormatWriter {
  contentType: string;
  head: string;
  event: (row: EventRow, nth: number) => string;
  tail: (events: number) => string;
}

export function createWriter(
  format: ExportFormat,
  { fields, byteOrder }: { fields: readonly ExportField[]; byteOrder: boolean },
): FormatWriter {
  const pick = picker(fields);
  if (format === 'csv') {
    return {
      contentType: 'text/csv; charset=utf-8; header=present',
      head: `${byteOrder ? byteOrderMark : ''}${csvRecord(fields.map(({ name }) => name))}`,
      event: (row) => csvRecord(fields.map(({ cell }) => cell(row))),
      tail: () => '',
    };
  }
  if (format === 'ndjson') {
    return {
      contentType: 'application/x-ndjson',
      head: '',
      event: (row) => `${JSON.stringify(pick(rowAnswer(row)))}\n`,
      tail: () => '',
    };
  }
  return {
    contentType: 'application/json; charset=utf-8',
    head: '{"events":[',
    event: (row, nth) => `${nth === 0 ? '\n' : ',\n'}${JSON.stringify(pick(rowAnswer(row)))}`,
    // A file that was cut off is no JSON.
    tail: (events) => `\n],"count":${events},"complete":true}\n`,
  };
}
