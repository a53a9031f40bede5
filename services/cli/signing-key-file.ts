import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { messageOf } from '../core/errors.js';
import { type SigningKey, signingKeyFromPem } from '../core/seal/index.js';
import { CliError } from './errors.js';

/** The Ed25519 key in a PKCS#8 PEM file; made, for its owner alone, where there is none. Never written over. */
export function openSigningKey(file: string): { key: SigningKey; made: boolean } {
  const made = create(file);
  try {
    return { key: signingKeyFromPem(readFileSync(file)), made };
  } catch (error) {
    throw new CliError('input', `${file} holds no signing key: ${messageOf(error)}`, { cause: error });
  }
}

function create(file: string): boolean {
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  try {
    writeFileSync(file, pem, { mode: 0o600, flag: 'wx', flush: true });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new CliError('input', `${file} cannot be written: ${messageOf(error)}`, { cause: error });
  }
}
