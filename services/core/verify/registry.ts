import { entryHashPrefix, entrySignaturePrefix, readEntry, readSignedEntry } from '../registry/entry-reading.js';
import { createRegistryFold, type RegistryFold } from '../registry/fold.js';
import { concatBytes } from '../tlog/bytes.js';
import type { Sha256 } from '../tlog/index.js';
import { WireFault } from '../wire/fault.js';
import type { RegistryEvidence } from './bundle.js';
import { VerifyFailure } from './failures.js';
import type { Platform } from './platform.js';

export type ShownRegistry = RegistryFold<Uint8Array>;

const ed25519Byte = Uint8Array.of(1);

export const keyIdOf = (sha256: Sha256, publicKey: Uint8Array): Uint8Array =>
  sha256(concatBytes(ed25519Byte, publicKey));

/**
 * The registry as of the last record shown. Records that are no valid entry change nothing, as for every reader (schemas/README.md §5), unless an
 * entry that the root key did sign is out of place: then one before it was left out or altered.
 */
export async function foldRegistry({
  registry: { records },
  audience,
  rootKey,
  platform,
}: {
  registry: RegistryEvidence;
  audience: string;
  rootKey: Uint8Array;
  platform: Platform;
}): Promise<ShownRegistry> {
  const { sha256 } = platform.hasher;
  const fold = createRegistryFold<Uint8Array>({
    audience,
    keyIdOf: (publicKey) => keyIdOf(sha256, publicKey),
    importKey: (raw) => raw,
  });
  let before = -1;
  for (const { offset, value } of records) {
    if (offset <= before)
      throw new VerifyFailure('registry_altered', `registry record ${offset} is shown out of order`);
    before = offset;
    const opened = await open(value, rootKey, platform);
    if (!opened) continue;
    try {
      fold.apply(offset, readEntry(opened), sha256(concatBytes(entryHashPrefix, opened)));
    } catch (error) {
      if (!(error instanceof WireFault)) throw error;
      const entry = readSeq(opened);
      if (entry !== undefined && entry > fold.next.seq) {
        throw new VerifyFailure(
          'registry_truncated',
          `the registry shown lacks entry ${fold.next.seq} of the root key`,
        );
      }
    }
  }
  return fold;
}

/** The entry's bytes where the root key signed them. */
async function open(value: Uint8Array, rootKey: Uint8Array, { ed25519 }: Platform): Promise<Uint8Array | undefined> {
  try {
    const { bytes, signature } = readSignedEntry(value);
    return (await ed25519(rootKey, concatBytes(entrySignaturePrefix, bytes), signature)) ? bytes : undefined;
  } catch (error) {
    if (error instanceof WireFault) return undefined;
    throw error;
  }
}

function readSeq(bytes: Uint8Array): number | undefined {
  try {
    return readEntry(bytes).seq;
  } catch {
    return undefined;
  }
}
