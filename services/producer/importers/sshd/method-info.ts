/** What sshd writes behind `ssh2: `, where the method has more to say. */
export interface KeyInfo {
  /** `RSA`, `ED25519`, `ECDSA-CERT` … */
  type?: string;
  /** `SHA256:…`, or MD5 in colons from old versions. */
  fingerprint?: string;
  certificate?: { id: string; serial: string; authority: string };
  /** Kerberos' name of who logged in, or a hostbased client's words, as written. */
  principal?: string;
}

const fingerprint =
  '(?:SHA256:[A-Za-z0-9+/=]{20,64}|SHA1:[A-Za-z0-9+/=]{20,64}|MD5:[0-9a-f:]{47}|[0-9a-f]{2}(?::[0-9a-f]{2}){15})';
const type = '[A-Z0-9][A-Za-z0-9-]{1,31}';
const plainKey = new RegExp(`^(${type}) (${fingerprint})$`);
const certificate = new RegExp(
  `^(${type}) (?:(${fingerprint}) )?ID (.*) \\(serial (\\d{1,20})\\) CA (${type} ${fingerprint})$`,
  's',
);
const hostbased = new RegExp(`^(?:(${type}) (${fingerprint})|(${type}) .*), client user ".*", client host ".*"$`, 's');
/** Kerberos: `ada@EXAMPLE.ORG`. */
const principal = /^[^\s,"]{1,256}$/;

/**
 * `clientText`: a part of it is free text that the client chose, so nothing can be concluded from what it looks like. Undefined for
 * anything that no version of sshd writes here.
 */
export function parseMethodInfo(text: string): { key: KeyInfo; clientText: boolean } | undefined {
  const plain = plainKey.exec(text);
  if (plain) return { key: { type: plain[1]!, fingerprint: plain[2]! }, clientText: false };
  const cert = certificate.exec(text);
  if (cert) {
    const [, certType, print, id, serial, authority] = cert;
    return {
      key: {
        type: certType!,
        ...(print ? { fingerprint: print } : {}),
        certificate: { id: id!, serial: serial!, authority: authority! },
      },
      clientText: true,
    };
  }
  const host = hostbased.exec(text);
  if (host) {
    const named = host[1] ? { type: host[1], fingerprint: host[2]! } : {};
    return { key: { ...named, principal: text.slice(text.indexOf('client user')) }, clientText: true };
  }
  return principal.test(text) ? { key: { principal: text }, clientText: false } : undefined;
}
