import { generateKeyPairSync } from 'node:crypto';
import { createNoteKey, type NoteKey, type Sign, type SignatureType } from '../../services/core/tlog/index.js';
import { createNodeSigner, sha256 } from '../../services/core/tlog/node.js';

export interface NoteSigner {
  key: NoteKey;
  sign: Sign;
}

/** A key of its own with what signs for it. */
export function makeNoteSigner(name: string, type: SignatureType = 0x01): NoteSigner {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url');
  return { key: createNoteKey({ sha256, name, publicKey: raw, type }), sign: createNodeSigner({ privateKey }) };
}
