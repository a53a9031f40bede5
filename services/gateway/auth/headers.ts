import type { IncomingHttpHeaders } from 'node:http';
import { challenge } from './challenge.js';

/** Headers as Node gives them: joined, or each value for itself. */
export type Headers = NodeJS.Dict<string[]> | IncomingHttpHeaders;

export const valuesOf = (headers: Headers, name: string): string[] => {
  const value = headers[name];
  return value === undefined ? [] : [value].flat();
};

/** X-API-Token is what another product's clients send. */
const plainNames = ['x-api-key', 'x-api-token'];

/** Whether there is a key or a token, which somebody put there on purpose; or what is meant to be one. */
export const holdsKey = (headers: Headers): boolean =>
  ['authorization', ...plainNames].some((name) => headers[name] !== undefined);

/** Whether there is something to authenticate by; a cookie that may be a session's, whichever deployment's, counts. */
export const holdsCredential = (headers: Headers): boolean =>
  holdsKey(headers) ||
  valuesOf(headers, 'cookie').some((line) => /(?:^|[ ;])(?:__Host-)?sealstream_[0-9a-f]{8}=/.test(line));

export type HeaderCredential = { kind: 'bearer' | 'plain'; text: string };

/**
 * The key or token that the headers hold, undefined where they hold none. Two are refused even if they agree: which of them counts must
 * not depend on who looks.
 */
export function headerCredential(headers: Headers): HeaderCredential | undefined {
  const bearers = valuesOf(headers, 'authorization');
  const plain = plainNames.flatMap((name) => valuesOf(headers, name));
  if (bearers.length + plain.length > 1) throw challenge('send one credential, not several', 'invalid_request');
  if (plain[0] !== undefined) return { kind: 'plain', text: plain[0] };
  if (bearers[0] === undefined) return undefined;
  const match = /^bearer +(\S+)$/i.exec(bearers[0]);
  if (!match) throw challenge('the Authorization header is not "Bearer sk_…"', 'invalid_request');
  return { kind: 'bearer', text: match[1]! };
}
