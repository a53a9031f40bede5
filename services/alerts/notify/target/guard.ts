import { isIP } from 'node:net';
import { readBlocks, specialAddress } from './ranges.js';

/** What the deployment permits beyond public https. Of configuration, never of a channel. */
export interface TargetPolicy {
  /** Blocks of addresses (`10.1.0.0/16`) that may be connected to although they are not public. */
  allowedBlocks: readonly string[];
  allowHttp: boolean;
}
export const strictPolicy: TargetPolicy = { allowedBlocks: [], allowHttp: false };

/** Says why something may not be connected to; undefined where it may. */
export interface TargetGuard {
  refusesUrl(url: URL): string | undefined;
  /** Of a name nothing is known before it is looked up: this refuses only addresses. */
  refusesHost(host: string): string | undefined;
  refusesAddress(address: string): string | undefined;
}

/** Throws a RangeError for a block that is none. */
export function createTargetGuard({ allowedBlocks, allowHttp }: TargetPolicy): TargetGuard {
  const allowed = readBlocks(allowedBlocks);
  const refusesAddress = (address: string): string | undefined => {
    const special = specialAddress(address);
    if (!special || (allowed(address) && !special.never)) return undefined;
    return `${address} is no address that may be connected to (${special.what})`;
  };
  const refusesHost = (host: string): string | undefined => {
    const bare = host.replace(/^\[|\]$/g, '');
    return isIP(bare) ? refusesAddress(bare) : undefined;
  };
  return {
    refusesAddress,
    refusesHost,
    refusesUrl(url) {
      if (url.protocol !== 'https:' && !(url.protocol === 'http:' && allowHttp)) {
        return `must begin with https:// ${allowHttp ? 'or http://' : ''}`.trim();
      }
      if (url.username !== '' || url.password !== '') return 'must not carry a user or password';
      if (url.hostname === '') return 'has no host';
      return refusesHost(url.hostname);
    },
  };
}

/** Of the addresses of a name those that may be connected to, and why the others may not. */
export function permitted(
  guard: TargetGuard,
  addresses: readonly string[],
): { addresses: { address: string; family: 4 | 6 }[]; refusals: string[] } {
  const refusals = addresses.flatMap((address) => guard.refusesAddress(address) ?? []);
  const good = addresses.filter((address) => guard.refusesAddress(address) === undefined);
  return {
    addresses: good.map((address) => ({ address, family: isIP(address) === 6 ? 6 : 4 })),
    refusals,
  };
}
