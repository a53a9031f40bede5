const firstCapacity = 4_096;

/** Bytes that grow as a column is written. Reset keeps the memory, so that a steady load allocates nothing. */
export class GrowingBytes {
  data: Buffer = Buffer.allocUnsafeSlow(firstCapacity);
  length = 0;

  /** Makes room for `more` bytes after `length`; writers then write to `data` and move `length`. */
  reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.data.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.data.length * 2));
    this.data.copy(larger, 0, 0, this.length);
    this.data = larger;
  }

  written(): Buffer {
    return this.data.subarray(0, this.length);
  }

  reset(): void {
    this.length = 0;
  }
}

/** Below this many bytes a loop is quicker than Buffer.copy's way into the runtime. */
const loopBytes = 40;

/** Copies [from, to) of `source` to `target` at `at` and returns where it ends. The room must be there. */
export function copyBytes(target: Buffer, at: number, source: Buffer, from: number, to: number): number {
  if (to - from > loopBytes) return at + source.copy(target, at, from, to);
  let end = at;
  for (let next = from; next < to; next += 1) target[end++] = source[next]!;
  return end;
}

/** Writes an unsigned LEB128, as Native writes lengths, and returns where it ends. */
export function writeVarint(target: Buffer, at: number, value: number): number {
  let end = at;
  let rest = value;
  while (rest >= 0x80) {
    target[end++] = (rest & 0x7f) | 0x80;
    rest = Math.floor(rest / 128);
  }
  target[end++] = rest;
  return end;
}

/** A length's most bytes: 2^35 and more is no length of ours. */
export const varintBytes = 5;
