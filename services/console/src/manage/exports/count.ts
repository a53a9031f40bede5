export type ExportFormat = 'csv' | 'json' | 'ndjson';

const [newline, quote] = [0x0a, 0x22];
/** Lines of a whole file that are no events: a head in CSV, the last two in JSON. */
const besides: Readonly<Record<ExportFormat, number>> = { csv: 1, json: 2, ndjson: 0 };

export interface EventCounter {
  take(bytes: Uint8Array): void;
  /** Events that are there as a whole. */
  readonly events: number;
}

/** How many events of an export have come: each is a line, and in CSV a line may go on within quotes. */
export function createEventCounter(format: ExportFormat): EventCounter {
  let lines = 0;
  let quoted = false;
  return {
    take(bytes) {
      for (const byte of bytes) {
        if (byte === quote && format === 'csv') quoted = !quoted;
        else if (byte === newline && !quoted) lines++;
      }
    },
    // In JSON the line's end comes before its event.
    get events() {
      return Math.max(0, lines - besides[format]);
    },
  };
}
