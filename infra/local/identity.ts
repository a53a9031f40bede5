import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalError } from './errors.js';
import { readOrCreate } from './supervisor/data-folder.js';

/** Who a deployment is: made once, and every event ever signed hangs on it. */
export interface DeploymentIdentity {
  /** The log's origin, `sealstream.local/1f2e3d4c`. */
  readonly audience: string;
  /** The raw 32 bytes of the root's Ed25519 key, in base64: what readers pin. */
  readonly rootPublicKey: string;
  readonly adminKey: string;
  /** The raw 32 bytes of the keys that sign the transparency log and the witness's cosignatures. */
  readonly logPublicKey: Buffer;
  readonly witnessPublicKey: Buffer;
  /** While the log's key is being replaced (docs/guides/log-keys.md): the one that signs, too. */
  readonly nextLogKey: { readonly file: string; readonly publicKey: Buffer } | undefined;
  /** Keys that signed the log once. */
  readonly formerLogPublicKeys: readonly Buffer[];
  readonly files: {
    readonly rootKey: string;
    readonly gatewayKey: string;
    readonly secret: string;
    readonly adminKey: string;
    readonly logKey: string;
    readonly witnessKey: string;
  };
}

const RAW_KEY_BYTES = 32;
const SECRET_BYTES = 32;
const ADMIN_KEY_BYTES = 32;
const AUDIENCE_BYTES = 4;

function newKeyPem(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function rawPublicKey(pem: string): Buffer {
  // The DER form of an Ed25519 public key ends in its raw bytes (RFC 8410).
  const der = createPublicKey(createPrivateKey(pem)).export({ type: 'spki', format: 'der' });
  return der.subarray(-RAW_KEY_BYTES);
}

/**
 * A key that deployments before the transparency log do not have. Its public half lies beside it, to be handed out; where that is there
 * and the key is not, the key was lost, and another in its place would be refused by everybody who knows the first.
 */
function openNoteKey(path: string): Buffer {
  const publicFile = path.replace(/\.pem$/, '.pub');
  if (existsSync(publicFile) && !existsSync(path)) {
    const fix =
      'Restore it from a backup. Where that cannot be: delete the .pub file, and tell all who verify the log its new key.';
    throw new LocalError('key_missing', `${path} is missing, but checkpoints were signed with it. ${fix}`);
  }
  const key = rawPublicKey(readOrCreate(path, newKeyPem));
  readOrCreate(publicFile, () => `${key.toString('base64')}\n`);
  return key;
}

/** One key a line, as they stand in the `.pub` files that were appended to it. */
function readFormerKeys(path: string): Buffer[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  const keys = lines.map((line) => line.trim()).filter((line) => line !== '');
  const bad = keys.findIndex((key) => Buffer.from(key, 'base64').length !== RAW_KEY_BYTES);
  if (bad >= 0)
    throw new LocalError('key_unreadable', `${path}: line ${bad + 1} is not a public key of 32 bytes in base64`);
  return keys.map((key) => Buffer.from(key, 'base64'));
}

/**
 * Reads the deployment's identity from the `keys` folder, or makes it. The audience is written last: where it is there,
 * a missing key is a loss and not a first start, and nothing new is made in its place.
 */
export function openIdentity({ keys }: { keys: string }): DeploymentIdentity {
  const file = (name: string) => join(keys, name);
  const files = {
    rootKey: file('root.pem'),
    gatewayKey: file('gateway.pem'),
    secret: file('secret'),
    adminKey: file('admin.key'),
    logKey: file('log-key.pem'),
    witnessKey: file('witness-key.pem'),
  };
  if (existsSync(file('audience'))) {
    const lost = [files.rootKey, files.gatewayKey, files.secret].find((path) => !existsSync(path));
    if (lost) {
      const fix = 'Restore it from a backup, or start a new deployment on an empty folder (SEALSTREAM_DATA).';
      throw new LocalError('key_missing', `${lost} is missing, but events were signed under it. ${fix}`);
    }
  }
  const rootPem = readOrCreate(files.rootKey, newKeyPem);
  readOrCreate(files.gatewayKey, newKeyPem);
  readOrCreate(files.secret, () => randomBytes(SECRET_BYTES).toString('hex'));
  const adminKey = readOrCreate(files.adminKey, () => `sk_${randomBytes(ADMIN_KEY_BYTES).toString('base64url')}`);
  const [logPublicKey, witnessPublicKey] = [openNoteKey(files.logKey), openNoteKey(files.witnessKey)];
  const nextLogKey = file('log-key-next.pem');
  const audience = readOrCreate(
    file('audience'),
    () => `sealstream.local/${randomBytes(AUDIENCE_BYTES).toString('hex')}`,
  );
  return {
    audience: audience.trim(),
    rootPublicKey: rawPublicKey(rootPem).toString('base64'),
    adminKey: adminKey.trim(),
    logPublicKey,
    witnessPublicKey,
    nextLogKey: existsSync(nextLogKey) ? { file: nextLogKey, publicKey: openNoteKey(nextLogKey) } : undefined,
    formerLogPublicKeys: readFormerKeys(file('log-key-former.pub')),
    files,
  };
}
