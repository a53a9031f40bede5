import { BlockList, isIPv4 } from 'node:net';
import { addressBytes } from '../../services/core/event/index.js';

type MmdbValue = string | number | { [key: string]: MmdbValue };

/** A file in the MaxMind DB format 2.0 (https://maxmind.github.io/MaxMind-DB/), with 32-bit records. Networks may not overlap. */
export function writeMmdb({
  type,
  ipVersion,
  records,
}: {
  type: string;
  ipVersion: 4 | 6;
  records: readonly (readonly [network: string, record: { [key: string]: MmdbValue }])[];
}): Buffer {
  const data: Buffer[] = [];
  // A record of the tree: a node's number, a place in the data, or nothing.
  type Slot = { node: number } | { at: number } | undefined;
  const nodes: [Slot, Slot][] = [[undefined, undefined]];
  let dataLength = 0;
  for (const [network, record] of records) {
    const bits = bitsOf(network, ipVersion);
    let node = 0;
    for (const bit of bits.slice(0, -1)) {
      const slot = nodes[node]![bit];
      if (slot && 'node' in slot) node = slot.node;
      else {
        nodes.push([undefined, undefined]);
        nodes[node]![bit] = { node: nodes.length - 1 };
        node = nodes.length - 1;
      }
    }
    const encoded = encode(record);
    nodes[node]![bits.at(-1)!] = { at: dataLength };
    data.push(encoded);
    dataLength += encoded.length;
  }
  const tree = Buffer.alloc(nodes.length * 8);
  nodes.forEach((pair, nth) => {
    pair.forEach((slot, side) => {
      const value = !slot ? nodes.length : 'node' in slot ? slot.node : nodes.length + 16 + slot.at;
      tree.writeUInt32BE(value, nth * 8 + side * 4);
    });
  });
  const metadata = encode({
    node_count: nodes.length,
    record_size: 32,
    ip_version: ipVersion,
    database_type: type,
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_780_000_000,
  });
  return Buffer.concat([tree, Buffer.alloc(16), ...data, Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'), metadata]);
}

function bitsOf(network: string, ipVersion: 4 | 6): (0 | 1)[] {
  const [address = '', prefix = ''] = network.split('/');
  new BlockList().addSubnet(address, Number(prefix), isIPv4(address) ? 'ipv4' : 'ipv6');
  const bytes = addressBytes(address)!;
  const whole = ipVersion === 6 && bytes.length === 4 ? Buffer.concat([Buffer.alloc(12), bytes]) : bytes;
  const length = Number(prefix) + (whole.length - bytes.length) * 8;
  return Array.from({ length }, (_, at) => ((whole[at >> 3]! >> (7 - (at & 7))) & 1) as 0 | 1);
}

/** Texts, doubles, unsigned integers and maps. */
function encode(value: MmdbValue): Buffer {
  if (typeof value === 'string') return Buffer.concat([control(2, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(Number.isInteger(value) && value >= 0 ? 4 : 8);
    if (bytes.length === 4) bytes.writeUInt32BE(value);
    else bytes.writeDoubleBE(value);
    return Buffer.concat([control(bytes.length === 4 ? 6 : 3, bytes.length), bytes]);
  }
  const entries = Object.entries(value);
  return Buffer.concat([control(7, entries.length), ...entries.flatMap(([key, one]) => [encode(key), encode(one)])]);
}

function control(type: number, size: number): Buffer {
  if (size < 29) return Buffer.of((type << 5) | size);
  if (size < 285) return Buffer.of((type << 5) | 29, size - 29);
  throw new RangeError(`${size} bytes or entries are too many for a test`);
}
