import { decodeFrame, decodeHeader, formatUuid, limits, part } from '../core/wire/index.js';
import type { Place, QueuedEvent } from './intake.js';
import { recordOverheadBytes } from './options.js';

/** A record that Kafka has on all in-sync replicas, and the ids of the caller's events in it, in order. */
export interface Receipt {
  partition: number;
  offset: number;
  ids: string[];
}

/** Resolves with the event's place once Kafka has it. Call it before the event is pushed. */
export const placeOf = (event: QueuedEvent): Promise<Place> =>
  new Promise((resolve, reject) => {
    event.waiter = { resolve, reject };
  });

/** One receipt per record, in the order of the events. */
export function receiptsOf(events: QueuedEvent[], places: Place[]): Receipt[] {
  const receipts: Receipt[] = [];
  events.forEach(({ id }, at) => {
    const place = places[at]!;
    const last = receipts.at(-1);
    if (last && last.partition === place.partition && last.offset === place.offset) last.ids.push(id);
    else receipts.push({ ...place, ids: [id] });
  });
  return receipts;
}

const maxEventBytes = limits.recordBytes - recordOverheadBytes;

/** As few records as the wire format's limits allow, the events in order. */
export function splitRecords(events: QueuedEvent[]): QueuedEvent[][] {
  const records: QueuedEvent[][] = [];
  let bytes = 0;
  for (const event of events) {
    const last = records.at(-1);
    if (last && last.length < limits.recordEvents && bytes + event.bytes <= maxEventBytes) {
      last.push(event);
      bytes += event.bytes;
    } else {
      records.push([event]);
      bytes = event.bytes;
    }
  }
  return records;
}

/** Where a signed record belongs and whose events it holds. Throws a WireFault for bytes that are no record. */
export function addressOf(value: Buffer): { partition: number; ids: string[] } {
  const frame = decodeFrame(value);
  const { partition } = decodeHeader(frame.header);
  const ids = Array.from({ length: frame.count }, (_, index) => {
    const at = frame.parts[index * part.stride + part.bodyStart]!;
    return formatUuid(value.subarray(at, at + 16));
  });
  return { partition, ids };
}
