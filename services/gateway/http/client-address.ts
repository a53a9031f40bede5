import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import proxyAddr from '@fastify/proxy-addr';
import { SealstreamError } from '../../core/errors.js';

/** Whose X-Forwarded-For is believed. */
export type TrustedProxies = (address: string, hop: number) => boolean;

/** Reads a comma list of addresses and CIDR blocks. Throws `config` naming the one that is neither. */
export function readTrustedProxies(variable: string, text: string): TrustedProxies {
  const given = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  for (const item of given) {
    const [address = '', prefix, ...rest] = item.split('/');
    const bits = isIP(address) === 6 ? 128 : 32;
    const fits = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits);
    if (isIP(address) === 0 || !fits || rest.length > 0) {
      throw new SealstreamError(
        'config',
        `${variable}: ${JSON.stringify(item)} is neither an address nor a CIDR block`,
      );
    }
  }
  return proxyAddr.compile(given);
}

/** The address that a request comes from: the nearest one that is no trusted proxy. */
export function clientAddress(request: IncomingMessage, trusted: TrustedProxies | undefined): string {
  return (trusted ? proxyAddr(request, trusted) : request.socket.remoteAddress) ?? '';
}
