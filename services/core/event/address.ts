import { isIPv4, isIPv6 } from 'node:net';

/** The bytes of an address: 4, or 16; a v4-mapped v6 address gives its 4. Undefined for anything that is no address. */
export function addressBytes(text: string): Buffer | undefined {
  if (isIPv4(text)) return Buffer.from(text.split('.').map(Number));
  if (!isIPv6(text)) return undefined;
  const bytes = v6Bytes(text.replace(/%.*$/, ''));
  const mapped = bytes.readUIntBE(0, 6) === 0 && bytes.readUInt32BE(6) === 0 && bytes.readUInt16BE(10) === 0xffff;
  return mapped ? bytes.subarray(12) : bytes;
}

function v6Bytes(text: string): Buffer {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const plain = dotted
    ? dotted[1]! +
      [0, 2]
        .map((at) => {
          const quad = dotted[2]!.split('.').map(Number);
          return ((quad[at]! << 8) | quad[at + 1]!).toString(16);
        })
        .join(':')
    : text;
  const [head = '', tail] = plain.split('::');
  const groups = (side: string): string[] => (side === '' ? [] : side.split(':'));
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const filled = tail === undefined ? left : [...left, ...Array(8 - left.length - right.length).fill('0'), ...right];
  const bytes = Buffer.alloc(16);
  filled.forEach((group, at) => {
    bytes.writeUInt16BE(Number.parseInt(group, 16), at * 2);
  });
  return bytes;
}

/** The address as text, v6 as RFC 5952 writes it; '' for no bytes. */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 0) return '';
  if (bytes.length === 4) return bytes.join('.');
  const groups: number[] = [];
  for (let at = 0; at < 16; at += 2) groups.push((bytes[at]! << 8) | bytes[at + 1]!);
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at += 1) {
    let length = 0;
    while (at + length < 8 && groups[at + length] === 0) length += 1;
    if (length > best.length) best = { at, length };
  }
  const hex = (part: number[]): string => part.map((group) => group.toString(16)).join(':');
  return best.at < 0 ? hex(groups) : `${hex(groups.slice(0, best.at))}::${hex(groups.slice(best.at + best.length))}`;
}
