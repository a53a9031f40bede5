import type { Bind } from '../../core/sql/bind.js';

/**
 * What was stored at one moment, as a condition: rows of the topic's present life below the first offset, per partition, that was not
 * stored then. Earlier lives of the topic take no more rows. Rows never change, so every page read under it is of the same moment.
 */
export function storedThen(
  incarnation: Buffer,
  stored: ReadonlyMap<number, number>,
): (bind: Bind) => readonly string[] {
  const partitions = stored.size === 0 ? 0 : Math.max(...stored.keys()) + 1;
  const ends = Array.from({ length: partitions }, (_, partition) => stored.get(partition) ?? 0);
  return (bind) => {
    const earlier = `incarnation != unhex(${bind('String', incarnation.toString('hex'))})`;
    if (ends.length === 0) return [earlier];
    const list = bind('String', ends.join(','));
    // Beyond the end of an array stands 0, below which no offset lies.
    return [`${earlier} OR offset < arrayMap(next -> toUInt64(next), splitByChar(',', ${list}))[partition + 1]`];
  };
}
