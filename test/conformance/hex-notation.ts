/**
 * Hex with long runs of one byte written as (BYTE*COUNT), as in "c301(61*262000)00": parts at their limits stay readable and
 * the fixture small.
 */
const SHORTEST_RUN = 64;

export function toNotation(bytes: Buffer): string {
  let text = '';
  let plainFrom = 0;
  let at = 0;
  while (at < bytes.length) {
    let end = at + 1;
    while (end < bytes.length && bytes[end] === bytes[at]) end++;
    if (end - at >= SHORTEST_RUN) {
      text += `${bytes.toString('hex', plainFrom, at)}(${bytes.toString('hex', at, at + 1)}*${end - at})`;
      plainFrom = end;
    }
    at = end;
  }
  return text + bytes.toString('hex', plainFrom);
}

export function fromNotation(text: string): Buffer {
  const pieces = text.match(/\([0-9a-f]{2}\*\d+\)|[0-9a-f]+/g) ?? [];
  const bytes = pieces.map((piece) => {
    if (!piece.startsWith('(')) return Buffer.from(piece, 'hex');
    return Buffer.alloc(Number(piece.slice(4, -1)), Number.parseInt(piece.slice(1, 3), 16));
  });
  return Buffer.concat(bytes);
}

/** The fixture's JSON for a value: bytes in the notation above, 64-bit numbers as decimal text. */
export function toJson(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return toNotation(value);
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, toJson(item)]));
}
