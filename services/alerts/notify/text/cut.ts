/** How a service counts: JavaScript's UTF-16 units, code points, or bytes of UTF-8. */
export type Unit = 'utf16' | 'points' | 'bytes';

const sizes: Record<Unit, (text: string) => number> = {
  utf16: (text) => text.length,
  points: (text) => {
    let points = 0;
    for (const _ of text) points += 1;
    return points;
  },
  bytes: (text) => Buffer.byteLength(text),
};

const sign = '…';

/**
 * The text where it is no longer than `most`; otherwise its head and the sign that something is missing, together no longer than
 * `most`. Never ends within a code point. Lone surrogates become U+FFFD: services refuse them.
 */
export function cut(text: string, most: number, unit: Unit = 'utf16'): string {
  const sizeOf = sizes[unit];
  // No unit counts less than a code point for each two UTF-16 units, so what is beyond need not be looked at.
  const whole = text.slice(0, 2 * most + 2).toWellFormed();
  if (text.length <= 2 * most + 2 && sizeOf(whole) <= most) return whole;
  let left = most - sizeOf(sign);
  if (left < 0) return '';
  let end = 0;
  for (const point of whole) {
    left -= sizeOf(point);
    if (left < 0) break;
    end += point.length;
  }
  return whole.slice(0, end) + sign;
}
