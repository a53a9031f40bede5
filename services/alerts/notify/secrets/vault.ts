import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { NotifyError } from '../errors.js';

/** Keeps texts that only this deployment can read. What was sealed for one place opens at no other. */
export interface Vault {
  seal(text: string, place: string): string;
  /** Throws `secret_unreadable`. */
  open(sealed: string, place: string): string;
}

const version = 'v1';
const ivBytes = 12;
const tagBytes = 16;

/** AES-256-GCM (NIST SP 800-38D, a random IV of 96 bits) under a key derived by HKDF-SHA256 (RFC 5869) from the deployment's secret. */
export function createVault({ secret, audience }: { secret: Buffer; audience: string }): Vault {
  const key = Buffer.from(hkdfSync('sha256', secret, audience, 'sealstream alert channels v1', 32));
  return {
    seal(text, place) {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(place));
      const body = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `${version}.${body.toString('base64url')}`;
    },
    open(sealed, place) {
      const [head, body = ''] = sealed.split('.');
      const bytes = Buffer.from(body, 'base64url');
      try {
        if (head !== version || bytes.length < ivBytes + tagBytes) throw new Error('not sealed by this software');
        const end = bytes.length - tagBytes;
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes })
          .setAAD(Buffer.from(place))
          .setAuthTag(bytes.subarray(end));
        return decipher.update(bytes.subarray(ivBytes, end), undefined, 'utf8') + decipher.final('utf8');
      } catch (cause) {
        const message = `the secret of ${place} does not open: it was kept under another deployment secret, or was changed; set it again`;
        throw new NotifyError('secret_unreadable', message, { cause });
      }
    },
  };
}
