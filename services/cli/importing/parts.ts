import { createHash } from 'node:crypto';
import type { EventInput } from '../../core/event/index.js';
import type { ImportItem } from '../../producer/importers/index.js';

/** What goes into one request. */
export interface Part {
  /** From 0. */
  number: number;
  events: EventInput[];
  /** The lines that its events stand in. */
  firstLine: number;
  lastLine: number;
  /** The same for the same file and options, so that the gateway knows a part that comes again. */
  idempotencyKey: string;
}

/** A part ends at the first of these. */
export interface PartLimits {
  events: number;
  /** Of the file, with events or without. */
  lines: number;
  /** Characters of the events' JSON, about. */
  characters: number;
}

export const partLimits: PartLimits = { events: 500, lines: 2_000, characters: 512_000 };

/**
 * Cuts the events into requests, always at the same places for the same lines. The key of a part hangs on all lines up to its end (the
 * year and the hour of a line are told from those before it), on the options, and on the part's number; not on what the importer made
 * of the lines, so that a later version which reads a line otherwise gets a refusal, and not a second copy.
 */
export async function* partsOf({
  items,
  options,
  digest,
  limits = partLimits,
}: {
  items: AsyncIterable<ImportItem>;
  /** Everything besides the lines that decides what the events are; JSON-safe. */
  options: Readonly<Record<string, unknown>>;
  /** Over the lines read so far. */
  digest: () => Buffer;
  limits?: PartLimits;
}): AsyncGenerator<Part> {
  const optionsDigest = createHash('sha256').update(JSON.stringify(options)).digest();
  let number = 0;
  let events: EventInput[] = [];
  let firstLine = 0;
  let lastLine = 0;
  let characters = 0;
  let blockEnd = limits.lines;

  const close = (): Part => {
    const content = createHash('sha256').update('sealstream/import/v1\0').update(optionsDigest).update(digest());
    const idempotencyKey = `import-${content.update(`\0${number}`).digest('hex')}`;
    const part = { number, events, firstLine, lastLine, idempotencyKey };
    number += 1;
    events = [];
    characters = 0;
    return part;
  };

  for await (const item of items) {
    if (item.kind === 'events') {
      const size = sizeOf(item.events[0]);
      for (const event of item.events) {
        if (events.length === 0) firstLine = item.line;
        lastLine = item.line;
        events.push(event);
        characters += size;
        if (events.length >= limits.events || characters >= limits.characters) yield close();
      }
    }
    if (item.line >= blockEnd) {
      blockEnd = item.line - (item.line % limits.lines) + limits.lines;
      if (events.length > 0) yield close();
    }
  }
  if (events.length > 0) yield close();
}

const sizeOf = (event: EventInput | undefined): number => (event === undefined ? 0 : JSON.stringify(event).length);
