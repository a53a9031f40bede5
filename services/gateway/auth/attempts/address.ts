import ipaddr from 'ipaddr.js';

const prefixBits = 64;

/** What an address counts as: of IPv6 the first 64 bits, which one household or machine has to itself (RFC 6177). */
export function addressCounted(address: string): string {
  if (!ipaddr.isValid(address)) return 'unknown';
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  const { parts } = parsed as ipaddr.IPv6;
  return `${parts
    .slice(0, prefixBits / 16)
    .map((part) => part.toString(16))
    .join(':')}::/${prefixBits}`;
}
