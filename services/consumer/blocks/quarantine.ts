import { dispositions } from '../../core/judge/index.js';
import {
  createArrayColumn,
  createFixedStringColumn,
  createNumberColumn,
  createStringColumn,
  nativeBlock,
} from '../columns/index.js';
import type { TableBlock } from './judged-record.js';

const none: Buffer = Buffer.alloc(0);

/**
 * Rows of `quarantine`: records refused whole or in part, with their bytes. A duplicate's events that are refused again are in the
 * row of the record that they first came with.
 */
export function createQuarantineBlock(): TableBlock {
  let incarnation = none;
  const place = {
    incarnation: createFixedStringColumn('incarnation', 16),
    partition: createNumberColumn('partition', 'UInt32'),
    offset: createNumberColumn('offset', 'UInt64'),
    appendTime: createNumberColumn('append_time', 'Int64', "DateTime64(3, 'UTC')"),
    disposition: createNumberColumn('disposition', 'Int8'),
    reason: createStringColumn('reason'),
    detail: createStringColumn('detail'),
  };
  const eventIdx = createArrayColumn(createNumberColumn('event_idx', 'UInt16'));
  const eventReasons = createArrayColumn(createStringColumn('event_reasons'));
  const eventDetails = createArrayColumn(createStringColumn('event_details'));
  const valueHashes = createFixedStringColumn('value_hash', 32);
  const values = createStringColumn('value');
  const columns = [...Object.values(place), eventIdx, eventReasons, eventDetails, valueHashes, values];

  return {
    get rows() {
      return values.rows;
    },
    columnNames: columns.map(({ name }) => name),
    append({ record, valueHash, judged }) {
      const { disposition, faults } = judged;
      if (disposition !== 'quarantined' && disposition !== 'partial') return;
      place.incarnation.append(incarnation);
      place.partition.append(record.partition);
      place.offset.append(record.offset);
      place.appendTime.append(record.appendTimeMs);
      place.disposition.append(dispositions.indexOf(disposition));
      place.reason.appendText(judged.reason ?? faults[0]?.reason ?? '');
      place.detail.appendText(judged.reason === undefined ? (faults[0]?.detail ?? '') : judged.detail);
      for (const { index, reason, detail } of faults) {
        eventIdx.items.append(index);
        eventReasons.items.appendText(reason);
        eventDetails.items.appendText(detail);
      }
      eventIdx.endRow();
      eventReasons.endRow();
      eventDetails.endRow();
      valueHashes.append(valueHash);
      // Of a record with erased parts, the ErasedBatch that may be released in its place.
      values.append(judged.decoded?.frame.value ?? record.value);
    },
    chunks: () => nativeBlock(columns),
    reset(of) {
      incarnation = of;
      for (const column of columns) column.reset();
    },
  };
}
