import { createHash } from 'node:crypto';
import type { EventInput } from '../../core/event/index.js';
import { formatUuid, uuidFromKey } from '../../core/wire/index.js';
import type { ImportItem } from '../../producer/importers/index.js';

export type IdentifiedEvent = EventInput & { id: string };

/** Events that go into one request, and the lines they stand in. */
export interface Part {
  events: IdentifiedEvent[];
  firstLine: number;
  lastLine: number;
}

/** A part ends at the first of these. */
export interface PartLimits {
  events: number;
  /** Of the file, with events or without. */
  lines: number;
  /** Of the events' JSON: less than a signed record holds, so that a part is one record and comes in whole. */
  bytes: number;
}

export const partLimits: PartLimits = { events: 500, lines: 2_000, bytes: 400_000 };

/** Gives every event the id that it has in each import of the same lines with the same options. */
export interface EventIds {
  /** The id of event `index` of the line that was read last. */
  of(index: number): string;
}

/**
 * An id hangs on all lines up to the event's own (the year and the hour of a line are told from those before it) and on the options. So
 * it is the same in a copy of the file, and in the file when it has grown; it does not hang on what the importer makes of the line, so
 * that a later version cannot bring a second copy in. Keyed, as ids are never erased and lines can be guessed.
 */
export function createEventIds({
  key,
  organization,
  options,
  digest,
}: {
  key: Buffer;
  organization: string;
  /** Everything besides the lines that decides what the events are; JSON-safe. */
  options: Readonly<Record<string, unknown>>;
  /** SHA-256 over the lines read so far. */
  digest: () => Buffer;
}): EventIds {
  const settings = createHash('sha256').update(JSON.stringify(options)).digest('hex');
  return {
    of: (index) =>
      formatUuid(uuidFromKey(key, organization, `import/v1/${settings}/${digest().toString('hex')}`, index)),
  };
}

/** Cuts the events into requests, always at the same places for the same lines. */
export async function* partsOf({
  items,
  ids,
  limits = partLimits,
}: {
  items: AsyncIterable<ImportItem>;
  ids: EventIds;
  limits?: PartLimits;
}): AsyncGenerator<Part> {
  let part: Part = { events: [], firstLine: 0, lastLine: 0 };
  let bytes = 0;
  let blockEnd = limits.lines;
  const close = (): Part => {
    const closed = part;
    part = { events: [], firstLine: 0, lastLine: 0 };
    bytes = 0;
    return closed;
  };

  for await (const item of items) {
    for (const [index, event] of item.kind === 'events' ? item.events.entries() : []) {
      if (part.events.length === 0) part.firstLine = item.line;
      part.lastLine = item.line;
      part.events.push({ ...event, id: ids.of(index) });
      bytes += Buffer.byteLength(JSON.stringify(event));
      if (part.events.length >= limits.events || bytes >= limits.bytes) yield close();
    }
    if (item.line >= blockEnd) {
      blockEnd = item.line - (item.line % limits.lines) + limits.lines;
      if (part.events.length > 0) yield close();
    }
  }
  if (part.events.length > 0) yield close();
}

/** The same events ask under the same key. */
export const idempotencyKeyOf = (events: readonly IdentifiedEvent[]): string =>
  `import-${createHash('sha256')
    .update(events.map(({ id }) => id).join('\n'))
    .digest('hex')}`;
