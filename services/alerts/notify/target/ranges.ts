import { BlockList } from 'node:net';
import { addressBytes, addressText } from '../../../core/event/index.js';

/**
 * Addresses that nobody outside can own: by the IANA registries of special-purpose addresses (RFC 6890 and its successors), for IPv4 and
 * IPv6. Of IPv6 only 2000::/3 is handed out at all.
 */
const special4: [network: string, prefix: number, what: string][] = [
  ['0.0.0.0', 8, 'this network'],
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'carrier-grade NAT'],
  ['127.0.0.0', 8, 'loopback'],
  ['169.254.0.0', 16, 'link-local'],
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'protocol assignments'],
  ['192.0.2.0', 24, 'documentation'],
  ['192.88.99.0', 24, '6to4 relays'],
  ['192.168.0.0', 16, 'private'],
  ['198.18.0.0', 15, 'benchmarking'],
  ['198.51.100.0', 24, 'documentation'],
  ['203.0.113.0', 24, 'documentation'],
  ['224.0.0.0', 4, 'multicast'],
  ['240.0.0.0', 4, 'reserved'],
];
const special6: typeof special4 = [
  ['::1', 128, 'loopback'],
  ['::', 96, 'unspecified or IPv4-compatible'],
  ['64:ff9b:1::', 48, 'NAT64 of a network of its own'],
  ['100::', 64, 'discard'],
  ['2001::', 23, 'protocol assignments and Teredo'],
  ['2001:db8::', 32, 'documentation'],
  ['2002::', 16, '6to4'],
  ['3fff::', 20, 'documentation'],
  ['5f00::', 16, 'segment routing'],
  ['fc00::', 7, 'private'],
  ['fe80::', 10, 'link-local'],
  ['fec0::', 10, 'site-local'],
  ['ff00::', 8, 'multicast'],
];

/** Where clouds answer questions about the machine, credentials included. No list of allowed addresses opens these. */
const metadata = new Set([
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254',
]);

const rangesOf = (rows: typeof special4, family: 'ipv4' | 'ipv6'): { list: BlockList; what: string }[] =>
  rows.map(([network, prefix, what]) => {
    const list = new BlockList();
    list.addSubnet(network, prefix, family);
    return { list, what };
  });
const ranges4 = rangesOf(special4, 'ipv4');
const ranges6 = rangesOf(special6, 'ipv6');
const global6 = new BlockList();
global6.addSubnet('2000::', 3, 'ipv6');
const nat64 = Buffer.from('0064ff9b0000000000000000', 'hex');

/** What an address is, if it is not one of the public Internet. */
export interface Special {
  what: string;
  /** No configuration opens it. */
  never: boolean;
}

/** Undefined for a public address. The IPv4 address within a mapped or translated IPv6 address counts as itself. Zones are left out. */
export function specialAddress(text: string): Special | undefined {
  const bytes = addressBytes(text);
  if (bytes === undefined) return { what: 'not an address', never: true };
  const inner = bytes.length === 16 && bytes.subarray(0, 12).equals(nat64) ? bytes.subarray(12) : bytes;
  const address = addressText(inner);
  if (metadata.has(address)) return { what: 'metadata of the cloud', never: true };
  const family = inner.length === 4 ? 'ipv4' : 'ipv6';
  const found = (family === 'ipv4' ? ranges4 : ranges6).find(({ list }) => list.check(address, family));
  if (found) return { what: found.what, never: false };
  if (family === 'ipv6' && !global6.check(address, 'ipv6')) return { what: 'not assigned', never: false };
  return undefined;
}

/** Reads blocks such as `10.1.0.0/16` and single addresses; throws a RangeError naming what is none. */
export function readBlocks(blocks: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const block of blocks) {
    const [, network = '', prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(block.trim()) ?? [];
    const bytes = addressBytes(network);
    const most = bytes && bytes.length * 8;
    if (!bytes || (prefix !== undefined && Number(prefix) > most!)) {
      throw new RangeError(`'${block}' is no address and no block of addresses like 10.1.0.0/16`);
    }
    list.addSubnet(addressText(bytes), Number(prefix ?? most), bytes.length === 4 ? 'ipv4' : 'ipv6');
  }
  return (address) => {
    const bytes = addressBytes(address);
    return bytes !== undefined && list.check(addressText(bytes), bytes.length === 4 ? 'ipv4' : 'ipv6');
  };
}
