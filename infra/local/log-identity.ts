import { createNoteKey, formatVkey, signatureTypes } from '../../services/core/tlog/index.js';
import { sha256 } from '../../services/core/tlog/node.js';
import type { DeploymentIdentity } from './identity.js';

/** What the sealer and the witness of one deployment are told of each other. */
export interface LogIdentity {
  /** On its cosignatures. It says that the log's own operator runs it: it shows the protocol at work, and is no third party. */
  readonly witnessName: string;
  readonly witnessVkey: string;
  /** The log's key for every shard: its name is the audience and "/*" (see services/witness/logs.ts). */
  readonly logVkey: string;
}

export function logIdentity({
  audience,
  logPublicKey,
  witnessPublicKey,
}: Pick<DeploymentIdentity, 'audience' | 'logPublicKey' | 'witnessPublicKey'>): LogIdentity {
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
    logVkey: formatVkey(createNoteKey({ sha256, name: `${audience}/*`, publicKey: logPublicKey })),
  };
}
