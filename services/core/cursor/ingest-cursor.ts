import { CursorFault, createCursorWriter, openCursor } from './bytes.js';

/** The next event to come: the first not yet delivered is at or above it. */
export interface Position {
  offset: number;
  /** Index within the record. */
  idx: number;
}

/**
 * Where a reader stands in ingest order. A partition that is not named stands at its beginning, so a cursor made before the topic
 * grew stays good.
 */
export interface IngestCursor {
  /** 16 bytes: which life of the topic the offsets belong to. */
  incarnation: Buffer;
  positions: ReadonlyMap<number, Position>;
}

const version = 1;
const beginning: Position = { offset: 0, idx: 0 };

export const positionOf = (cursor: IngestCursor, partition: number): Position =>
  cursor.positions.get(partition) ?? beginning;

export const isBefore = (a: Position, b: Position): boolean =>
  a.offset < b.offset || (a.offset === b.offset && a.idx < b.idx);

/** The cursor as text: version, incarnation, then partition (as a step), offset and index of each, all varints. */
export function encodeIngestCursor({ incarnation, positions }: IngestCursor): string {
  const writer = createCursorWriter(version);
  writer.fixed(incarnation);
  writer.number(positions.size);
  let last = -1;
  for (const [partition, { offset, idx }] of [...positions].sort(([a], [b]) => a - b)) {
    writer.number(partition - last - 1);
    writer.number(offset);
    writer.number(idx);
    last = partition;
  }
  return writer.finish();
}

/** Undefined for text that no `encodeIngestCursor` made. */
export function decodeIngestCursor(text: string): IngestCursor | undefined {
  try {
    const reader = openCursor(text, version);
    const incarnation = Buffer.from(reader.fixed(16));
    const positions = new Map<number, Position>();
    let partition = -1;
    for (let left = reader.number(); left > 0; left -= 1) {
      partition += reader.number() + 1;
      const [offset, idx] = [reader.number(), reader.number()];
      if (partition > 0x7fffffff || offset > Number.MAX_SAFE_INTEGER || idx > 0xffff) throw new CursorFault('damaged');
      positions.set(partition, { offset, idx });
    }
    reader.done();
    return { incarnation, positions };
  } catch (error) {
    if (error instanceof CursorFault) return undefined;
    throw error;
  }
}
