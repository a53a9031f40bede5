import { addressBytes } from '../event/address.js';
import type { Bind } from './bind.js';

/** Addresses from `low` to `high`, both included, all of the same length in bytes. */
export interface IpRange {
  low: Buffer;
  high: Buffer;
}

/** An address or a CIDR block. A v4-mapped v6 block is its v4 block, as events hold it. Undefined for anything else. */
export function parseIpRange(text: string): IpRange | undefined {
  const [address = '', prefix, ...more] = text.split('/');
  const bytes = address.includes('%') ? undefined : addressBytes(address);
  if (!bytes || more.length > 0 || (prefix !== undefined && !/^\d{1,3}$/.test(prefix))) return undefined;
  const mappedBits = address.includes(':') && bytes.length === 4 ? 96 : 0;
  const bits = prefix === undefined ? bytes.length * 8 : Number(prefix) - mappedBits;
  if (bits < 0 || bits > bytes.length * 8) return undefined;
  const low = Buffer.from(bytes);
  const high = Buffer.from(bytes);
  for (let at = 0; at < bytes.length; at += 1) {
    const kept = Math.min(8, Math.max(0, bits - at * 8));
    const mask = (0xff00 >> kept) & 0xff;
    low[at]! &= mask;
    high[at]! |= ~mask & 0xff;
  }
  return { low, high };
}

export const inRange = (ip: Buffer, { low, high }: IpRange): boolean =>
  ip.length === low.length && ip.compare(low) >= 0 && ip.compare(high) <= 0;

export function ipRangeSql({ low, high }: IpRange, bind: Bind): string {
  const bytes = (value: Buffer): string => `unhex(${bind('String', value.toString('hex'))})`;
  return low.equals(high)
    ? `ip_bytes = ${bytes(low)}`
    : `(length(ip_bytes) = ${low.length} AND ip_bytes >= ${bytes(low)} AND ip_bytes <= ${bytes(high)})`;
}
