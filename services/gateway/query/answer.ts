import { type EventView, formatTimestampUs, viewOf } from '../../core/event/index.js';
import { type EventRow, rowToWire } from '../../core/rows/index.js';
import type { WireEvent } from '../../core/wire/event.js';

/** An event as every answer gives it, from history and live alike. */
export interface EventAnswer extends EventView {
  /** When Kafka took the record that carries it. */
  recorded_at: string;
}

export const answerOf = (event: WireEvent, appendTimeMs: number): EventAnswer => ({
  ...viewOf(event),
  recorded_at: formatTimestampUs(appendTimeMs * 1_000),
});

export const rowAnswer = (row: EventRow): EventAnswer => answerOf(rowToWire(row), row.append_time);
