/**
 * Lines of sshd that give no event. Most tell of an attempt that a `Failed …` or `Accepted …` line tells of as well; the rest are about
 * connections and the daemon itself. Each has the name under which it is counted.
 */
const known: readonly (readonly [name: string, start: RegExp])[] = [
  ['Invalid user', /^(?:Invalid|Illegal) user /],
  ['input_userauth_request: invalid user', /^input_userauth_request: (?:invalid|illegal) user /],
  ['User … not allowed', /^(?:User|Login) .* not allowed because |^ROOT LOGIN REFUSED FROM /s],
  ['Connection closed', /^(?:error: )?Connection closed by /],
  ['Connection reset', /^(?:error: )?Connection reset by /],
  ['Connection from', /^Connection from /],
  ['Disconnected from', /^Disconnected from /],
  ['Disconnecting', /^(?:error: )?Disconnecting[: ]/],
  ['Received disconnect', /^(?:error: )?Received disconnect from /],
  ['Did not receive identification string', /^(?:error: )?Did not receive identification string from /],
  ['pam_… authentication failure', /^pam_\w+\(sshd(?:-\w+)?(?::\w+)?\): authentication failure;/],
  ['pam_…', /^pam_\w+(?:\(sshd(?:-\w+)?[:)]|\[)/],
  ['PAM … more authentication failures', /^PAM \d+ more authentication failures?[;: ]/],
  ['PAM service ignoring max retries', /^PAM service\(sshd\) ignoring max retries/],
  ['error: PAM', /^(?:error|fatal): PAM: /],
  [
    'reverse mapping',
    /^reverse mapping checking |^Address .* maps to .*, but this does not map back|^Nasty PTR record /s,
  ],
  ['maximum authentication attempts exceeded', /^(?:error: )?maximum authentication attempts exceeded for /],
  ['Timeout before authentication', /^(?:fatal: )?Timeout before authentication for /],
  ['no common algorithm', /^(?:fatal: )?Unable to negotiate (?:a |with )|^(?:fatal: )?no matching (?:\w+ )+found/],
  [
    'key exchange failed',
    /^(?:error: )?kex_exchange_identification: |^(?:error: )?kex protocol error|^ssh_dispatch_run_fatal: /,
  ],
  [
    'bad banner',
    /^(?:error: )?(?:Bad protocol version|banner exchange: |Protocol major versions differ|Bad remote protocol)/,
  ],
  ['obfuscated handshake', /^Magic value check failed /],
  [
    'connection broken',
    /^(?:fatal: |error: )?(?:Write failed|Read from socket failed|Read error from|packet_write_(?:wait|poll)|Bad packet length|Corrupted MAC|padding error|Timeout, client not responding|ssh_packet_|Unable to send)/,
  ],
  ['refused connect', /^(?:error: )?refused connect from /],
  [
    'too many connections',
    /^(?:error: )?(?:beginning|exited) MaxStartups|^drop connection #|^past MaxStartups|^srclimit_penal|^error: no more sessions/,
  ],
  [
    'session',
    /^(?:Starting|Close) session: |^subsystem request for |^User child is on pid |^session opened for |^Changed root directory|^Transferred: /,
  ],
  [
    'key accepted or refused by file',
    /^(?:Accepted key |Found matching |Authentication refused: bad ownership|error: key_|Authentication key .* revoked)/s,
  ],
  [
    'daemon',
    /^Server listening on |^Received SIG|^Received signal |^Exiting on signal|^(?:error|fatal): (?:Bind to port|Could not load host key|Cannot bind)|^rexec line|^Set \/proc\/|^Deprecated option|^(?:fatal: |error: )?(?:Missing privilege|Privilege separation|Could not get shadow|Could not get|lastlog_|unable to load|setsockopt|getpeername|getsockname)/,
  ],
  ['debug', /^debug[123]?: /],
];

/** The name under which a line of sshd without an event is counted; undefined when no version of sshd is known to write it. */
export const knownLine = (message: string): string | undefined => known.find(([, start]) => start.test(message))?.[0];
