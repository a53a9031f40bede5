import { type EventInput, formatTimestampUs } from '../../../core/event/index.js';
import type { ImportNote, ImportOptions } from '../importer.js';
import { type Attempt, ipOf } from './attempt.js';

/** Where and when a line was written. */
export interface Origin {
  /** Its number in the file, from 1. */
  line: number;
  us: number;
  host: string;
  pid: string;
  /** The whole line, kept beside what was read from it. */
  raw: string;
  /** How often the line says that it happened; undefined where it stands for itself. */
  repeated: number | undefined;
  notes: readonly ImportNote[];
}

/** By which rules about `linux / sshd` know these events, whatever service they are said to be of. */
const detailsSchema = 'linux.sshd';
const dayUs = 86_400_000_000;
/** An event's names may have 1,024 characters. */
const longestName = 1_000;

/** The event of an attempt that was accepted or has failed. */
export function attemptEvent(
  attempt: Attempt,
  origin: Origin,
  { organization, service = 'sshd', ids }: ImportOptions,
): EventInput {
  const { user, method, address, port, key } = attempt;
  const { host, pid, us } = origin;
  const accepted = attempt.verdict === 'Accepted';
  const ip = ipOf(address);
  const day = Math.floor(us / dayUs);
  return {
    occurred_at: formatTimestampUs(us),
    organization_id: organization,
    actor: user === '' ? { type: 'anonymous' } : { type: 'user', id: ids('usr', user), name: shortened(user) },
    action: accepted ? 'auth.login' : 'auth.login_failed',
    target: { type: 'host', id: ids('host', host), name: host },
    outcome: accepted ? 'success' : 'failure',
    ...(accepted ? {} : { reason: reasonOf(attempt) }),
    auth_method: method,
    service,
    // Numbers of processes come back after a while; within a day of one host they rarely do.
    ...(pid === '' ? {} : { correlation_id: ids('ssh', `${host}\0${pid}\0${day}`) }),
    ...(ip === undefined ? {} : { ip }),
    message: sentence(attempt, host),
    details_schema: detailsSchema,
    details: {
      ...(port === undefined ? {} : { port }),
      ...(ip === undefined && address ? { remote_host: address } : {}),
      ...(key ? { key } : {}),
      ...(origin.repeated === undefined ? {} : { repeated: origin.repeated }),
      ...(origin.notes.length > 0 ? { notes: origin.notes } : {}),
      log_line: origin.line,
      log: origin.raw,
    },
  };
}

/**
 * `invalid_user` is sshd's own word: no such user, or one who may not log in. `bad_password` is said of passwords alone; of a key, a
 * ticket or a dialogue sshd says only that it did not do.
 */
function reasonOf({ invalidUser, method }: Attempt): string {
  if (invalidUser) return 'invalid_user';
  return method === 'password' ? 'bad_password' : 'credential_refused';
}

function sentence({ verdict, user, method, address, invalidUser }: Attempt, host: string): string {
  const who = user === '' ? 'an unnamed user' : /^[\w.@-]{1,64}$/.test(user) ? user : JSON.stringify(shortened(user));
  const from = address === undefined ? 'from an unknown address' : `from ${address}`;
  if (verdict === 'Accepted') return `${who} logged in to ${host} ${from} by ${method}`;
  return `Login to ${host} as ${invalidUser && user !== '' ? 'invalid user ' : ''}${who} ${from} by ${method} failed`;
}

const shortened = (name: string): string =>
  name.length <= longestName ? name : `${name.slice(0, longestName).toWellFormed()}…`;
