/**
 * The text of well-formed UTF-8 (RFC 3629), or undefined. Written out by scalar value, because library decoders differ in
 * what they drop: a leading U+FEFF is text like any other here.
 */
export function strictUtf8(bytes: Buffer): string | undefined {
  let text = '';
  let index = 0;
  while (index < bytes.length) {
    const scalar = scalarAt(bytes, index);
    if (scalar === undefined) return undefined;
    text += String.fromCodePoint(scalar.value);
    index += scalar.length;
  }
  return text;
}

function scalarAt(bytes: Buffer, index: number): { value: number; length: number } | undefined {
  const first = bytes[index] ?? 0;
  const length = first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf8 ? 4 : 0;
  if (length === 0) return undefined;
  let value = length === 1 ? first : first % 2 ** (7 - length);
  for (let step = 1; step < length; step++) {
    const next = bytes[index + step];
    if (next === undefined || next < 0x80 || next > 0xbf) return undefined;
    value = value * 64 + (next - 0x80);
  }
  const smallest = [0, 0, 0x80, 0x800, 0x10000][length] ?? 0;
  const isSurrogate = value >= 0xd800 && value <= 0xdfff;
  if (value < smallest || isSurrogate || value > 0x10ffff) return undefined;
  return { value, length };
}
