import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Environment, readEnvironment } from '../core/config.js';
import { readGroup, type Topics } from '../core/deployment.js';
import { messageOf, SealstreamError } from '../core/errors.js';
import { type SigningKey, signingKeyFromPem } from '../core/seal/index.js';
import { parseVkey, signatureTypes, TlogError } from '../core/tlog/index.js';
import { sha256 } from '../core/tlog/node.js';
import { defaultSealingLimits, type SealingLimits } from './sealing.js';
import { parseAuthorities, type TimestampAuthority } from './timestamps/index.js';
import type { WitnessAddress } from './witnesses/witness.js';

export interface SealerConfig {
  /** SEALSTREAM_LOG_DIR: where the log lies. */
  folder: string;
  /** SEALSTREAM_LOG_KEY_FILE: PKCS#8 PEM files; with several, each signs (rotation). */
  keys: readonly [SigningKey, ...SigningKey[]];
  groupId: string;
  limits: SealingLimits;
  /** SEALSTREAM_WITNESSES: `URL vkey`, separated by commas; SEALSTREAM_OWN_WITNESS: one that the log's operator runs. */
  witnesses: readonly WitnessAddress[];
  /** SEALSTREAM_WITNESS_WAIT_MS: how long a checkpoint waits for witnesses that are well. */
  witnessWaitMs: number;
  /** SEALSTREAM_TIMESTAMP_AUTHORITIES_FILE: a JSON list (docs/guides/timestamps.md). */
  authorities: readonly TimestampAuthority[];
}

const bad = (message: string, cause?: unknown): SealstreamError => new SealstreamError('config', message, { cause });

/** Throws `config` naming the variable that is wrong. */
export function readSealerConfig(environment: Environment, topics: Topics): SealerConfig {
  const env = readEnvironment(environment);
  const [first, ...further] = env.list('SEALSTREAM_LOG_KEY_FILE').map(readKey);
  if (!first) throw bad('SEALSTREAM_LOG_KEY_FILE names no file');
  const checkpointEveryMs = env.integer('SEALSTREAM_CHECKPOINT_MS', { fallback: 1_000, min: 10, max: 3_600_000 });
  const own = env.list('SEALSTREAM_OWN_WITNESS', '').map((text) => readWitness('SEALSTREAM_OWN_WITNESS', text));
  const others = env.list('SEALSTREAM_WITNESSES', '').map((text) => readWitness('SEALSTREAM_WITNESSES', text));
  const witnesses = [...own.map((witness) => ({ ...witness, sameOperator: true })), ...others];
  const names = witnesses.map(({ vkey }) => vkey);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw bad(`SEALSTREAM_WITNESSES and SEALSTREAM_OWN_WITNESS name ${twice} twice`);
  return {
    folder: env.text('SEALSTREAM_LOG_DIR'),
    keys: [first, ...further],
    groupId: readGroup(environment, 'sealer', topics),
    limits: {
      ...defaultSealingLimits,
      checkpointEveryMs,
      waitingBytes: env.integer('SEALSTREAM_SEALER_WAITING_BYTES', {
        fallback: 16_777_216,
        min: 65_536,
        max: 1_073_741_824,
      }),
    },
    witnesses,
    witnessWaitMs: env.integer('SEALSTREAM_WITNESS_WAIT_MS', { fallback: 2_000, min: 0, max: 60_000 }),
    authorities: readAuthorities(env.optional('SEALSTREAM_TIMESTAMP_AUTHORITIES_FILE')),
  };
}

function readAuthorities(path: string | undefined): TimestampAuthority[] {
  if (path === undefined) return [];
  try {
    return parseAuthorities(readFileSync(path, 'utf8'), {
      folder: dirname(path),
      readFile: (file) => readFileSync(file, 'utf8'),
    });
  } catch (error) {
    throw bad(`SEALSTREAM_TIMESTAMP_AUTHORITIES_FILE: ${path}: ${messageOf(error)}`, error);
  }
}

function readKey(path: string): SigningKey {
  try {
    return signingKeyFromPem(readFileSync(path));
  } catch (error) {
    throw bad(`SEALSTREAM_LOG_KEY_FILE: ${path}: ${messageOf(error)}`, error);
  }
}

function readWitness(variable: string, text: string): WitnessAddress {
  const [address, vkey, ...rest] = text.split(/\s+/);
  if (vkey === undefined || rest.length > 0 || !URL.canParse(address!))
    throw bad(`${variable}: ${text} is not "URL vkey"`);
  const url = new URL(address!);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw bad(`${variable}: ${address} is no http address`);
  try {
    const key = parseVkey({ sha256, vkey });
    if (key.type !== signatureTypes.cosignature)
      throw bad(`${variable}: ${vkey} is not a key for cosignatures (type 4)`);
    return { url, vkey, key, sameOperator: false };
  } catch (error) {
    if (error instanceof TlogError) throw bad(`${variable}: ${error.message}`, error);
    throw error;
  }
}
