import { randomBytes } from 'node:crypto';
import { type EventInput, toWire } from '../../../services/core/event/index.js';
import type { WireEvent } from '../../../services/core/wire/event.js';

/** What a line of a log says, by the names that the scenarios use. */
type Meta = Record<string, string>;

interface Reader {
  /** Named groups are fields; `time` is the time. */
  line: RegExp;
  meta: (found: Meta) => Meta;
}

const bare = (address: string): string => address.replace(/^\[?::ffff:/, '').replace(/\]$/, '');
const failed =
  (log_type: string) =>
  (found: Meta): Meta => ({ log_type, ...found });
const audited =
  (log_type: string) =>
  (found: Meta): Meta => ({ log_type, ...found });

/** One of them reads a line, the first that fits. A line that none reads says nothing to the scenarios. */
const readers: readonly Reader[] = [
  {
    line: /^(?<time>\w{3} +\d+ [\d:]+) \S+ sshd(?:-session)?\[\d+\]: (?:Invalid user|Disconnected from authenticating user) (?<target_user>\S+) (?:from )?(?<source_ip>\S+) port/,
    meta: (found) => ({ service: 'ssh', log_type: 'ssh_failed-auth', ...found }),
  },
  {
    line: /^(?<time>\w{3} +\d+ [\d:]+) \S+ sshd\[\d+\]: Accepted \w+ for (?<user>\S+) from (?<source_ip>\S+) port/,
    meta: (found) => ({ service: 'ssh', log_type: 'auth_success', ...found }),
  },
  {
    line: /^(?<time>\w{3} +\d+ [\d:]+) \S+ sshd\[\d+\]: fatal: Timeout before authentication for (?<source_ip>\S+) port/,
    meta: failed('ssh_auth_timeout'),
  },
  {
    line: /^(?<time>\w{3} +\d+ [\d:]+) \S+ sshd\[\d+\]: ssh_dispatch_run_fatal: Connection from (?<source_ip>\S+) port/,
    meta: failed('ssh_dispatch_fatal'),
  },
  {
    line: /^(?<time>\w{3} +\d+ [\d:]+) \S+ pvedaemon\[\d+\]: authentication failure; rhost=(?<source_ip>\S+) user=(?<source_user>[^@]+)@/,
    meta: failed('pve_failed-auth'),
  },
  {
    line: /^(?<time>\S+): authentication failure; rhost=(?<source_ip>\S+):\d+ user=(?<source_user>\S+)@pbs/,
    meta: failed('pbs_failed-auth'),
  },
  {
    line: /^(?<time>\S+ \S+) WARN +\[org\.key\S+\] .*type=LOGIN_ERROR.* ipAddress=(?<source_ip>[^,]+), error=(?<error>\w+).* username=(?<username>[^,]+)/,
    meta: (found) => ({ service: 'keycloak', ...found }),
  },
  {
    line: /^(?<time>\w{3} +\d+ [\d:]+) \S+ (?:LLNG|lemonldap-ng)\[\d+\]: (?:\[warn\]|Lemonldap::NG :) (?:Bad password for )?(?<user>\S+)(?: was not found in LDAP directory)? \((?<source_ip>[^)]+)\)/,
    meta: (found) => ({ service: 'llng', log_type: 'llng_auth_fail', ...found }),
  },
  {
    line: /"time":"(?<time>[^"]+)".*"message":"Login failed: (?<target_user>\S+) \(Remote IP: (?<source_ip>[^)]+)\)"/,
    meta: failed('nextcloud_failed_auth'),
  },
  {
    line: /"time":"(?<time>[^"]+)".*"message":"Bruteforce attempt from \\"(?<source_ip>[^\\]+)\\"/,
    meta: failed('nextcloud_bruteforce_attempt'),
  },
  {
    line: /"time":"(?<time>[^"]+)".*"message":"Trusted domain error. \\"(?<source_ip>[^\\]+)\\"/,
    meta: failed('nextcloud_domain_error'),
  },
  {
    line: /^(?<time>\S+ \S+ \S+) \[WRN\] Failed login attempt(?:, 2FA invalid)?\. (?<source_ip>\S+)/,
    meta: failed('bitwarden_failed_auth'),
  },
  {
    line: /^(?<time>\S+ \S+) INFO \[org\.apereo.*\|AUTHENTICATION_FAILED\|(?<target_user>[^|]+)\|(?<source_ip>[^|]+)\|/,
    meta: failed('cas_failed-auth'),
  },
  {
    line: /AccessLogFilter \[\S+\] (?<source_ip>\S+) POST \/api\/v1\/login took \d+ms and returned 401/,
    meta: failed('thehive_failed_auth'),
  },
  {
    line: /^(?<time>\w{3} +\d+ [\d:]+) \S+ postfix\/smtpd\[\d+\]: (?<message>.*\[(?<source_ip>[^\]]+)\]: SASL .*)$/,
    meta: failed('postfix'),
  },
  {
    line: /^(?<time>\S+ \S+) \S+ proftpd\[\d+\] .*: USER (?<target_user>[^:]+): no such user found from (?<source_ip>\S+) /,
    meta: failed('ftp_failed_auth'),
  },
  {
    line: /"event":"(?<sub_type>user\.login)".*"time":"(?<time>[^"]+)".*"success":(?<success>\w+).*"addr\.remote":"(?<source_ip>[^:]+):/,
    meta: (found) => ({ service: 'teleport', ...found }),
  },
  {
    line: /<EventID>4625<.*SystemTime="(?<time>[^"]+)".*<Data Name="TargetUserName">(?<target_user>[^<]*)<.*<Data Name="IpAddress">(?<source_ip>[^<]*)</,
    meta: failed('windows_failed_auth'),
  },
  {
    line: /^type=SYSCALL msg=audit\((?<time>[\d.]+):.* syscall=59 success=yes .*ppid=(?<ppid>\d+) pid=(?<pid>\d+) auid=(?<auid>\d+) .*euid=(?<euid>\d+) .*exe="(?<exe>[^"]+)"/,
    meta: audited('execve'),
  },
  {
    line: /^type=ANOM_ABEND msg=audit\((?<time>[\d.]+):.* pid=(?<pid>\d+) .*exe="(?<exe>[^"]+)" sig=(?<sig>\d+)/,
    meta: audited('anom_abend'),
  },
];

/** The lines that a scenario may be about, as events whose details are what the line says. */
export function eventsOfLog(text: string): WireEvent[] {
  return text.split('\n').flatMap((line): WireEvent[] => {
    if (line.startsWith('{"eventVersion"')) return [cloudTrailEvent(line)];
    for (const { line: pattern, meta } of readers) {
      const groups = pattern.exec(line)?.groups;
      if (!groups) continue;
      const { time, ...found } = groups as Meta;
      const details = meta({ ...found, ...(found.source_ip ? { source_ip: bare(found.source_ip) } : {}) });
      return [
        wire({ action: 'log.line', ...(details.source_ip ? { ip: details.source_ip } : {}), details }, timeMs(time)),
      ];
    }
    return [];
  });
}

function cloudTrailEvent(line: string): WireEvent {
  const details = JSON.parse(line) as { eventTime: string };
  return wire({ action: 'log.line', details_schema: 'aws.cloudtrail', details }, Date.parse(details.eventTime));
}

const wire = (input: EventInput, ms: number): WireEvent =>
  toWire({ organization_id: 'acme', ...input }, { id: randomBytes(16), nowUs: Math.round(ms * 1_000) });

/** Syslog names no year, and some logs no time at all. */
function timeMs(text = '2026-01-01T00:00:00Z'): number {
  if (/^[\d.]+$/.test(text)) return Number(text) * 1_000;
  if (/^\w{3} /.test(text)) return Date.parse(`2026 ${text} UTC`);
  return Date.parse(text.replace(',', '.').replace(/^(\S+) (\S+) ([+-]\S+)$/, '$1T$2$3'));
}
