/** The two parts of an event that can be erased. */
export const erasableParts = ['identity', 'content'] as const;
export type ErasablePartName = (typeof erasableParts)[number];

/** A part that an erasure names. */
export interface ListedPart {
  /** Of the record that carries the event, 64 hex digits. */
  headerHash: string;
  /** Of the event within the record. */
  index: number;
  part: ErasablePartName;
}

/** The action of events that name erased parts. They are of the system scope, and only the gateway writes them. */
export const listAction = 'erasure.listed';
/** Whose key signs them. */
export const listProducerId = 'gateway';

/** As an event's `related`, which is part of the body and so never erased itself. */
export interface RelatedItem {
  type: string;
  id: string;
}

/** Bytes of a body that its other fields may take; the rest is for the list. */
const bodyBytes = 16_384;
const otherBytes = 1_024;
/** Of one item, beside its text: two lengths of at most two bytes each. */
const itemBytes = 4;

const typeOf = (part: ErasablePartName, indices: readonly number[]): string => `erased_${part}:${rangesText(indices)}`;

/** `0-3,7`. The indices are ascending, each once. */
function rangesText(indices: readonly number[]): string {
  const ranges: string[] = [];
  for (let at = 0; at < indices.length; ) {
    let end = at;
    while (indices[end + 1] === indices[end]! + 1) end += 1;
    ranges.push(end === at ? `${indices[at]}` : `${indices[at]}-${indices[end]}`);
    at = end + 1;
  }
  return ranges.join(',');
}

/**
 * The list of erased parts as the `related` of as many events as it takes: an item for each record and part, with the indices in its type
 * and the header hash as its id, so that a record's items are found by equality. The order is that of the parts given.
 */
export function relatedOf(parts: readonly ListedPart[]): RelatedItem[][] {
  const byItem = new Map<string, { headerHash: string; part: ErasablePartName; indices: Set<number> }>();
  for (const { headerHash, index, part } of parts) {
    const key = `${headerHash}/${part}`;
    const item = byItem.get(key) ?? { headerHash, part, indices: new Set() };
    byItem.set(key, item);
    item.indices.add(index);
  }
  const events: RelatedItem[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const { headerHash, part, indices } of byItem.values()) {
    const item = {
      type: typeOf(
        part,
        [...indices].sort((a, b) => a - b),
      ),
      id: headerHash,
    };
    const cost = item.type.length + item.id.length + itemBytes;
    if (bytes + cost > bodyBytes - otherBytes) {
      events.push([]);
      bytes = 0;
    }
    events.at(-1)!.push(item);
    bytes += cost;
  }
  return events;
}

const itemType = /^erased_(identity|content):(\d{1,5}(?:-\d{1,5})?(?:,\d{1,5}(?:-\d{1,5})?)*)$/;
const itemId = /^[0-9a-f]{64}$/;

/** Whether these items of `related` name the part. What is no item of a list, or no canonical one, names nothing. */
export function isNamed(related: readonly RelatedItem[], { headerHash, index, part }: ListedPart): boolean {
  return related.some(({ type, id }) => {
    if (id !== headerHash || !itemId.test(id)) return false;
    const [, itemPart, ranges] = itemType.exec(type) ?? [];
    if (itemPart !== part) return false;
    return ranges!.split(',').some((range) => {
      const [first, last = first] = range.split('-');
      return Number(first) <= index && index <= Number(last);
    });
  });
}

/** Every part that the items name. */
export function listedIn(related: readonly RelatedItem[]): ListedPart[] {
  return related.flatMap(({ type, id }) => {
    const [, part, ranges] = itemType.exec(type) ?? [];
    if (ranges === undefined || !itemId.test(id)) return [];
    return ranges.split(',').flatMap((range) => {
      const [first, last = first] = range.split('-').map(Number) as [number, number?];
      const count = Math.min(last, maxIndex) - first + 1;
      return Array.from({ length: Math.max(0, count) }, (_, at) => ({
        headerHash: id,
        index: first + at,
        part: part as ErasablePartName,
      }));
    });
  });
}

/** A record holds at most 1,000 events. */
const maxIndex = 999;
