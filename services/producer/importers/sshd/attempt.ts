import { isIP } from 'node:net';
import { type KeyInfo, parseMethodInfo } from './method-info.js';

/** What sshd says of one attempt to log in (its `auth_log`): verdict, method, user, where from. */
export interface Attempt {
  verdict: 'Accepted' | 'Failed' | 'Postponed' | 'Partial';
  /** `password`, `publickey`, `keyboard-interactive/pam`, `gssapi-with-mic` … */
  method: string;
  /** The name does not exist on the host, or may not log in: sshd does not tell these apart here. */
  invalidUser: boolean;
  /** As tried, to the character; may be empty, and may hold anything. */
  user: string;
  /** An IP address, a host name (`UseDNS yes`), or sshd's `UNKNOWN`. Undefined where it cannot be told from the client's own text. */
  address: string | undefined;
  port: number | undefined;
  key: KeyInfo | undefined;
}

const head = /^(Accepted|Failed|Postponed|Partial) ([a-z0-9-]{1,64}(?:\/[a-z0-9-]{1,64})?) for (.*)$/s;
const place = / from (\S{1,255}) port (\d{1,5})(?=[ :]|$)/g;

/**
 * The user name stands before the address and may itself read ` from 192.0.2.1 port 22 ssh2`, so the line is read from its right end. A
 * certificate's id and a hostbased client's user name stand behind the address, and they are the client's words too: where more than
 * one reading is left, the address is unknown.
 */
export function parseAttempt(message: string): Attempt | undefined {
  const start = head.exec(message);
  if (!start) return undefined;
  const [, verdict, method, rest = ''] = start;
  const readings = [...rest.matchAll(place)].flatMap((match) => {
    const tail = rest.slice(match.index + match[0].length);
    const info = parseTail(tail);
    const port = Number(match[2]);
    return info && port <= 65_535 ? [{ who: rest.slice(0, match.index), address: match[1]!, port, info }] : [];
  });
  const last = readings.at(-1);
  if (!last) return undefined;
  // What ends in a place is sshd's own end; only text behind a place can pretend to be one.
  const certain = readings.length === 1 || !last.info.clientText;
  const first = certain ? last : readings[0]!;
  const invalid = /^(?:invalid|illegal) user (.*)$/s.exec(first.who);
  return {
    verdict: verdict as Attempt['verdict'],
    method: method!,
    invalidUser: invalid !== null,
    user: invalid ? invalid[1]! : first.who,
    address: certain ? last.address : undefined,
    port: certain ? last.port : undefined,
    key: certain ? last.info.key : undefined,
  };
}

const tailForm = /^(?: ssh\d)?(?:: (?<info>.+?))?(?: \[(?:preauth|postauth)\])? *$/s;

/** The end of a line behind the port. Undefined when it cannot be one. */
function parseTail(tail: string): { key: KeyInfo | undefined; clientText: boolean } | undefined {
  const form = tailForm.exec(tail);
  if (!form) return undefined;
  const info = form.groups?.info;
  return info === undefined ? { key: undefined, clientText: false } : parseMethodInfo(info);
}

/** The address as the event's `ip` takes it; undefined for names and for UNKNOWN. */
export const ipOf = (address: string | undefined): string | undefined =>
  address !== undefined && isIP(address.replace(/%.*$/s, '')) ? address.replace(/%.*$/s, '') : undefined;
