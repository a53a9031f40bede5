import { createNoteKey, formatVkey, signatureTypes } from '../../services/core/tlog/index.js';
import { sha256 } from '../../services/core/tlog/node.js';
import type { DeploymentIdentity } from './identity.js';

/** What the sealer and the witness of one deployment are told of each other. */
export interface LogIdentity {
  /** On its cosignatures. It says that the log's own operator runs it: it shows the protocol at work, and is no third party. */
  readonly witnessName: string;
  readonly witnessVkey: string;
  /** The log's keys for every shard, two while one replaces the other: their name is the audience and "/*" (see services/witness/logs.ts). */
  readonly logVkeys: readonly string[];
  /** The files that hold them. */
  readonly logKeyFiles: readonly string[];
}

export function logIdentity({
  audience,
  files,
  logPublicKey,
  nextLogKey,
  witnessPublicKey,
}: Pick<DeploymentIdentity, 'audience' | 'files' | 'logPublicKey' | 'nextLogKey' | 'witnessPublicKey'>): LogIdentity {
  const witnessName = `${audience}/own-witness`;
  const witnessKey = createNoteKey({
    sha256,
    name: witnessName,
    publicKey: witnessPublicKey,
    type: signatureTypes.cosignature,
  });
  return {
    witnessName,
    witnessVkey: formatVkey(witnessKey),
    logKeyFiles: [files.logKey, ...(nextLogKey ? [nextLogKey.file] : [])],
    logVkeys: [logPublicKey, ...(nextLogKey ? [nextLogKey.publicKey] : [])].map((publicKey) =>
      formatVkey(createNoteKey({ sha256, name: `${audience}/*`, publicKey })),
    ),
  };
}

/** Every key that signs the log or once did, for those who check it: base64, with commas between. */
export const logPublicKeys = ({
  logPublicKey,
  nextLogKey,
  formerLogPublicKeys,
}: Pick<DeploymentIdentity, 'logPublicKey' | 'nextLogKey' | 'formerLogPublicKeys'>): string =>
  [logPublicKey, ...(nextLogKey ? [nextLogKey.publicKey] : []), ...formerLogPublicKeys]
    .map((key) => key.toString('base64'))
    .join(',');
