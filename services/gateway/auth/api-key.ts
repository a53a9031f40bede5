import { randomBytes } from 'node:crypto';
import { sha256 } from '../../core/seal/index.js';
import type { Permission } from './caller.js';

/** An API key as it is kept; the key itself is not. */
export interface ApiKey {
  id: string;
  /** The newest version of an id holds. */
  version: number;
  /** The key's first characters, to recognise it by. */
  prefix: string;
  /** SHA-256 of the key's text. The text carries 256 random bits, so a slow hash would add nothing. */
  hash: Buffer;
  name: string;
  organizations: '*' | string[];
  permissions: Permission[];
  /** Whose permissions it has beside its own, as they are when it is used. */
  role?: string | undefined;
  /** Id of the key that it was made in place of. */
  replaces?: string | undefined;
  createdAtMs: number;
  expiresAtMs: number | undefined;
  revokedAtMs: number | undefined;
}

const keyText = /^sk_[A-Za-z0-9_-]{43}$/;
const prefixLength = 11;

/** `sk_` and 32 random bytes in base64url. */
export const newKeyText = (): string => `sk_${randomBytes(32).toString('base64url')}`;
export const isKeyText = (text: string): boolean => keyText.test(text);
export const hashOfKey = (text: string): Buffer => sha256(text);
export const prefixOfKey = (text: string): string => text.slice(0, prefixLength);

export const isValidAt = ({ expiresAtMs, revokedAtMs }: ApiKey, nowMs: number): boolean =>
  revokedAtMs === undefined && (expiresAtMs === undefined || nowMs < expiresAtMs);
