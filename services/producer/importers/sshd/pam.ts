/** A failed login as PAM tells of it. It says less than sshd: no port, no method beyond `password`. */
export interface PamFailure {
  /** '' where the user is unknown: PAM names only users that exist. */
  user: string;
  /** `rhost`: an address or a host name; '' when absent. */
  address: string;
  /** How many failures the line stands for. */
  times: number;
}

const fields = String.raw`; logname=\S* uid=\d* euid=\d* tty=\S* ruser=\S* rhost=(?<address>\S{0,255})(?: +user=(?<user>.*?))? *$`;
const single = new RegExp(String.raw`^pam_\w+\(sshd(?:-\w+)?(?::auth)?\): authentication failure${fields}`, 's');
/** At the end of a connection sshd's PAM counts what came after the first failure. */
const further = new RegExp(String.raw`^PAM (?<times>\d{1,9}) more authentication failures?${fields}`, 's');

export function parsePamFailure(message: string): PamFailure | undefined {
  const groups = (single.exec(message) ?? further.exec(message))?.groups;
  if (!groups) return undefined;
  return { user: groups.user ?? '', address: groups.address ?? '', times: Number(groups.times ?? 1) };
}
