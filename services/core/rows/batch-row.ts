import { type Disposition, dispositions } from '../judge/index.js';
import { RowBinaryReader } from './row-binary.js';

/** A row of `batches`: one Kafka record. Fields after `signature` are empty or 0 where the header could not be read. */
export interface BatchRow {
  incarnation: Buffer;
  partition: number;
  offset: number;
  /** Milliseconds. */
  append_time: number;
  value_hash: Buffer;
  disposition: Disposition;
  reason: string;
  header: Buffer;
  signature: Buffer;
  header_hash: Buffer;
  record_kind: string;
  producer_id: string;
  key_id: Buffer;
  epoch: Buffer;
  lane: number;
  first_seq: number;
  count: number;
  prev: Buffer;
  registry_offset: number;
  salt_seed: Buffer;
  /** In place of the seed where parts were erased: 32 bytes an event, zeros where erased. */
  salts: Buffer;
  /** 32 bytes an event. */
  leaves: Buffer;
  /** Indices of the events that entered `events` with this record. */
  accepted: number[];
}

/** What to SELECT, FORMAT RowBinary, for `decodeBatchRows`. */
export const batchColumns = [
  'incarnation',
  'partition',
  'offset',
  'append_time',
  'value_hash',
  'disposition',
  'reason',
  'header',
  'signature',
  'header_hash',
  'record_kind',
  'producer_id',
  'key_id',
  'epoch',
  'lane',
  'first_seq',
  'count',
  'prev',
  'registry_offset',
  'salt_seed',
  'salts',
  'leaves',
  'accepted',
] as const satisfies readonly (keyof BatchRow)[];

/** Rows of `batchColumns`. */
export function decodeBatchRows(bytes: Buffer): BatchRow[] {
  const reader = new RowBinaryReader(bytes);
  const rows: BatchRow[] = [];
  while (!reader.done) {
    rows.push({
      incarnation: reader.fixed(16),
      partition: reader.u32(),
      offset: reader.long(false),
      append_time: reader.long(true),
      value_hash: reader.fixed(32),
      disposition: dispositions[reader.i8()]!,
      reason: reader.text(),
      header: reader.blob(),
      signature: reader.blob(),
      header_hash: reader.blob(),
      record_kind: reader.text(),
      producer_id: reader.text(),
      key_id: reader.blob(),
      epoch: reader.blob(),
      lane: reader.u32(),
      first_seq: reader.long(false),
      count: reader.u16(),
      prev: reader.blob(),
      registry_offset: reader.long(true),
      salt_seed: reader.blob(),
      salts: reader.blob(),
      leaves: reader.blob(),
      accepted: reader.list(() => reader.u16()),
    });
  }
  return rows;
}
