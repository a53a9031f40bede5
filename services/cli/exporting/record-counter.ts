export const exportFormats = ['json', 'ndjson', 'csv'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** Counts the events of an export as its bytes go by. */
export interface RecordCounter {
  add(chunk: Uint8Array): void;
  readonly bytes: number;
  /** Of those that have ended so far. */
  readonly events: number;
  /** What is wrong with the file as one that should hold so many events; undefined where nothing is. */
  fault(expected: number): string | undefined;
}

const lineFeed = 0x0a;
const quote = 0x22;
/** `],"count":1000000,"complete":true}` and its line end. */
const mostTailBytes = 64;

export function createRecordCounter(format: ExportFormat): RecordCounter {
  let bytes = 0;
  let lines = 0;
  let quoted = false;
  let tail = Buffer.alloc(0);
  /** Lines that are no event's: of CSV its names, of JSON its beginning and its end. */
  const others = { csv: 1, ndjson: 0, json: 2 }[format];

  const add = (chunk: Uint8Array): void => {
    bytes += chunk.length;
    tail = Buffer.from(Buffer.concat([tail, chunk.subarray(-mostTailBytes)]).subarray(-mostTailBytes));
    if (format === 'csv') {
      for (const byte of chunk) {
        // Within quotes a quote is written twice, which is out and in again.
        if (byte === quote) quoted = !quoted;
        else if (byte === lineFeed && !quoted) lines += 1;
      }
    } else for (let at = chunk.indexOf(lineFeed); at >= 0; at = chunk.indexOf(lineFeed, at + 1)) lines += 1;
  };

  const events = (): number => Math.max(0, lines - others);
  return {
    add,
    get bytes() {
      return bytes;
    },
    get events() {
      return events();
    },
    fault(expected) {
      if (events() !== expected) return `${events()} events came of ${expected}`;
      const isEnded = format === 'json' ? tail.toString().endsWith('"complete":true}\n') : tail.at(-1) === lineFeed;
      return isEnded || (format === 'ndjson' && bytes === 0) ? undefined : 'its end is missing';
    },
  };
}
