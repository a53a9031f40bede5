import { publicKeyFault } from '../seal/public-key.js';
import { fromBase64 as tlogBase64, toBase64 } from '../tlog/bytes.js';
import {
  createNoteKey,
  type NoteKey,
  type Policy,
  parsePolicy,
  parseVkey,
  type Sha256,
  TlogError,
  thresholdPolicy,
} from '../tlog/index.js';
import { sameBytes } from '../wire/bytes.js';
import type { Bundle } from './bundle.js';
import { UnreadableBundle, VerifyFailure } from './failures.js';

/** What the verifier believes before it has read anything. What is left out is taken from the bundle, and the verdict says so. */
export interface Trust {
  audience?: string | undefined;
  /** The deployment's root public key: base64 of its 32 bytes. */
  rootKey?: string | undefined;
  /** Keys of the deployment's logs: vkeys of any shard, or base64 of their 32 bytes. During a rotation two. */
  logKeys?: readonly string[] | undefined;
  /** Vkeys of witnesses (C2SP tlog-cosignature). */
  witnesses?: readonly string[] | undefined;
  /** How many of the witnesses must have cosigned; all of them where not given. */
  quorum?: number | undefined;
  /** A policy file (C2SP tlog-policy), in place of `witnesses` and `quorum`; its logs are added to `logKeys`. */
  policy?: string | undefined;
  /** DER of timestamping authorities' certificates. */
  timestampRoots?: readonly Uint8Array[] | undefined;
  /** Checkpoints that were seen before: another tree of the same size is a fork. */
  seen?: readonly { origin: string; size: number; root: Uint8Array }[] | undefined;
  /** The moment of this verification. A timestamp from later is refused. */
  nowMs?: number | undefined;
}

export type Source = 'pinned' | 'first_use';

/** What the checks go by, and where each of it came from. */
export interface Settled {
  audience: string;
  rootKey: Uint8Array;
  logPublicKeys: Uint8Array[];
  policy: Policy;
  timestampRoots: readonly Uint8Array[];
  seen: NonNullable<Trust['seen']>;
  now: Date | undefined;
  sources: { deployment: Source; log: Source };
}

/** The caller gave something that cannot be trusted because it cannot be read. */
export class UnreadableTrust extends Error {
  readonly code = 'unreadable_trust';
}

/**
 * Holds the bundle's claims against what is trusted. Throws UnreadableTrust for trust that cannot be read, UnreadableBundle for claims
 * that cannot, and VerifyFailure `wrong_deployment` where they differ.
 */
export function settle(trust: Trust, { deployment }: Bundle, sha256: Sha256): Settled {
  const policy = ofTrust('the witnesses', () => policyOf(trust, sha256));
  const rootKey = trust.rootKey === undefined ? undefined : ofTrust('the root key', () => rawKey(trust.rootKey!));
  const given = [
    ...(trust.logKeys ?? []).map((key) => ofTrust('a log key', () => logKeyOf(sha256, key))),
    ...policy.logs.map(({ key }) => key.publicKey),
  ];
  const pinnedLogKeys = given.length > 0 ? given : undefined;
  const fault = publicKeyFault(deployment.rootKey);
  if (fault) throw new UnreadableBundle(`no bundle that can be read: its root key cannot be one: ${fault}`);
  const claimedLogKeys = deployment.logKeys.map((vkey) => ofBundle(() => parseVkey({ sha256, vkey }).publicKey));
  if (trust.audience !== undefined && trust.audience !== deployment.audience) {
    throw new VerifyFailure(
      'wrong_deployment',
      `the bundle is of ${deployment.audience}; trusted is ${trust.audience}`,
    );
  }
  if (rootKey && !sameBytes(rootKey, deployment.rootKey)) {
    throw new VerifyFailure(
      'wrong_deployment',
      `the bundle names the root key ${toBase64(deployment.rootKey)}; trusted is ${toBase64(rootKey)}`,
    );
  }
  if (pinnedLogKeys && claimedLogKeys.length > 0) {
    const isShared = claimedLogKeys.some((claimed) => pinnedLogKeys.some((pinned) => sameBytes(pinned, claimed)));
    if (!isShared) throw new VerifyFailure('wrong_log_key', 'none of the log keys that the bundle names is trusted');
  }
  return {
    audience: deployment.audience,
    rootKey: rootKey ?? deployment.rootKey,
    logPublicKeys: pinnedLogKeys ?? claimedLogKeys,
    policy,
    timestampRoots: trust.timestampRoots ?? [],
    seen: trust.seen ?? [],
    now: trust.nowMs === undefined ? undefined : new Date(trust.nowMs),
    sources: { deployment: rootKey ? 'pinned' : 'first_use', log: pinnedLogKeys ? 'pinned' : 'first_use' },
  };
}

/** The log's keys under the name of one of its shards: one key pair serves all (docs/decisions/0040). */
export const noteKeysOf = (origin: string, publicKeys: readonly Uint8Array[], sha256: Sha256): NoteKey[] =>
  publicKeys.map((publicKey) => createNoteKey({ sha256, name: origin, publicKey }));

/** Throws TlogError. */
export function policyOf({ policy, witnesses = [], quorum }: Trust, sha256: Sha256): Policy {
  if (policy !== undefined) return parsePolicy({ sha256, policy });
  const keys = witnesses.map((vkey) => parseVkey({ sha256, vkey }));
  return thresholdPolicy({ k: quorum ?? keys.length, witnesses: keys });
}

const rawKey = (text: string): Uint8Array => {
  const bytes = tlogBase64(text, 'bad_key', 'the key');
  if (bytes.length !== 32) throw new TlogError('bad_key', `the key has ${bytes.length} bytes; Ed25519 has 32`);
  return bytes;
};

/** The raw key of a vkey, or of base64. Throws TlogError. */
export const logKeyOf = (sha256: Sha256, text: string): Uint8Array =>
  /^[A-Za-z0-9+/]{43}=$/.test(text) ? rawKey(text) : parseVkey({ sha256, vkey: text }).publicKey;

function ofTrust<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof TlogError) throw new UnreadableTrust(`${what} that is to be trusted: ${error.message}`);
    throw error;
  }
}

function ofBundle<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof TlogError) throw new UnreadableBundle(`no bundle that can be read: ${error.message}`);
    throw error;
  }
}
