import { dispositions } from '../../core/judge/index.js';
import { WireFault } from '../../core/wire/fault.js';
import { type Header, limits } from '../../core/wire/index.js';
import type { Frame } from '../../core/wire/parts.js';
import { decodeFrame } from '../../core/wire/record.js';
import {
  createArrayColumn,
  createFixedStringColumn,
  createNumberColumn,
  createStringColumn,
  nativeBlock,
} from '../columns/index.js';
import type { JudgedRecord, TableBlock } from './judged-record.js';

const none: Buffer = Buffer.alloc(0);

/** Rows of `batches`: one per Kafka record, whatever became of it, with as much as could be read of it. */
export function createBatchesBlock(): TableBlock {
  let incarnation = none;
  const place = {
    incarnation: createFixedStringColumn('incarnation', 16),
    partition: createNumberColumn('partition', 'UInt32'),
    offset: createNumberColumn('offset', 'UInt64'),
    appendTime: createNumberColumn('append_time', 'Int64', "DateTime64(3, 'UTC')"),
    valueHash: createFixedStringColumn('value_hash', 32),
    valueBytes: createNumberColumn('value_bytes', 'UInt32'),
    disposition: createNumberColumn('disposition', 'Int8'),
    reason: createStringColumn('reason'),
  };
  const frameColumns = { header: createStringColumn('header'), signature: createStringColumn('signature') };
  const numbers = {
    lane: createNumberColumn('lane', 'UInt32'),
    first_seq: createNumberColumn('first_seq', 'UInt64'),
    count: createNumberColumn('count', 'UInt16'),
    registry: createNumberColumn('registry_offset', 'Int64'),
  };
  const bytes = {
    key_id: createStringColumn('key_id'),
    epoch: createStringColumn('epoch'),
    prev: createStringColumn('prev'),
  };
  const texts = { kind: createStringColumn('record_kind'), producer_id: createStringColumn('producer_id') };
  const headerHash = createStringColumn('header_hash');
  const opened = {
    saltSeed: createStringColumn('salt_seed'),
    salts: createStringColumn('salts'),
    leaves: createStringColumn('leaves'),
  };
  const accepted = createArrayColumn(createNumberColumn('accepted', 'UInt16'));
  const findingCodes = createArrayColumn(createStringColumn('finding_codes'));
  const findingDetails = createArrayColumn(createStringColumn('finding_details'));
  const columns = [
    ...Object.values(place),
    ...Object.values(frameColumns),
    ...Object.values(numbers),
    ...Object.values(bytes),
    ...Object.values(texts),
    headerHash,
    ...Object.values(opened),
    accepted,
    findingCodes,
    findingDetails,
  ];

  const appendPlace = ({ record, valueHash, judged }: JudgedRecord): void => {
    place.incarnation.append(incarnation);
    place.partition.append(record.partition);
    place.offset.append(record.offset);
    place.appendTime.append(record.appendTimeMs);
    place.valueHash.append(valueHash);
    place.valueBytes.append(record.value.length);
    place.disposition.append(dispositions.indexOf(judged.disposition));
    place.reason.appendText(judged.reason ?? '');
  };

  const appendHeader = (header: Header | undefined): void => {
    for (const name of ['lane', 'first_seq', 'count', 'registry'] as const) numbers[name].append(header?.[name] ?? 0);
    for (const name of ['key_id', 'epoch', 'prev'] as const) bytes[name].append(header?.[name] ?? none);
    for (const name of ['kind', 'producer_id'] as const) texts[name].appendText(header?.[name] ?? '');
  };

  return {
    get rows() {
      return place.offset.rows;
    },
    columnNames: columns.map(({ name }) => name),
    append(row) {
      const { judged } = row;
      const frame = judged.decoded?.frame ?? readableFrame(row.record.value);
      appendPlace(row);
      frameColumns.header.append(frame?.header ?? none);
      frameColumns.signature.append(frame?.signature ?? none);
      appendHeader(judged.decoded?.header);
      headerHash.append(judged.decoded?.headerHash ?? none);
      opened.saltSeed.append(judged.opened?.frame.saltSeed ?? none);
      opened.salts.append(judged.opened?.frame.form === 'erased' ? judged.opened.salts : none);
      opened.leaves.append(judged.opened?.leaves ?? none);
      for (const index of judged.accepted) accepted.items.append(index);
      accepted.endRow();
      for (const { code, detail } of judged.findings) {
        findingCodes.items.appendText(code);
        findingDetails.items.appendText(detail);
      }
      findingCodes.endRow();
      findingDetails.endRow();
    },
    chunks: () => nativeBlock(columns),
    reset(of) {
      incarnation = of;
      for (const column of columns) column.reset();
    },
  };
}

/** The frame of a record whose header could not be read, where it is canonical and its header no longer than a header may be. */
function readableFrame(value: Buffer): Frame | undefined {
  try {
    const frame = decodeFrame(value);
    return frame.header.length <= limits.headerBytes ? frame : undefined;
  } catch (error) {
    if (error instanceof WireFault) return undefined;
    throw error;
  }
}
