import type { AlgorithmIdentifier } from 'pkijs';
import { TimestampError } from './errors.js';

export type DigestName = 'SHA-256' | 'SHA-384' | 'SHA-512';

/** What WebCrypto offers: a browser's `crypto`, Node's `globalThis.crypto`. */
export type WebCrypto = typeof globalThis.crypto;

interface Digest {
  name: DigestName;
  oid: string;
  bytes: number;
}

/** RFC 5754 §2. Nothing weaker than SHA-256 attests a time here. */
const digests: readonly Digest[] = [
  { name: 'SHA-256', oid: '2.16.840.1.101.3.4.2.1', bytes: 32 },
  { name: 'SHA-384', oid: '2.16.840.1.101.3.4.2.2', bytes: 48 },
  { name: 'SHA-512', oid: '2.16.840.1.101.3.4.2.3', bytes: 64 },
];

const plainRsa = '1.2.840.113549.1.1.1';

/** Signature algorithms with their digest: PKCS #1 v1.5 (RFC 8017 A.2.4) and ECDSA (RFC 5758 §3.2). */
const signatures = new Map<string, DigestName>([
  ['1.2.840.113549.1.1.11', 'SHA-256'],
  ['1.2.840.113549.1.1.12', 'SHA-384'],
  ['1.2.840.113549.1.1.13', 'SHA-512'],
  ['1.2.840.10045.4.3.2', 'SHA-256'],
  ['1.2.840.10045.4.3.3', 'SHA-384'],
  ['1.2.840.10045.4.3.4', 'SHA-512'],
]);

/** The digest of which a value has this length. */
export function digestOfLength(bytes: number): Digest {
  const found = digests.find((digest) => digest.bytes === bytes);
  if (found) return found;
  throw new TimestampError(
    'timestamp_digest_unsupported',
    `a digest of ${bytes} bytes is of no algorithm that is taken here (SHA-256: 32, SHA-384: 48, SHA-512: 64)`,
  );
}

/** The digest that an identifier names. `where` says in the message what it is for. */
export function digestOf(algorithm: AlgorithmIdentifier, where: string): Digest {
  const found = digests.find(({ oid }) => oid === algorithm.algorithmId);
  if (!found) {
    throw new TimestampError(
      'timestamp_digest_unsupported',
      `${where} is made with digest algorithm ${algorithm.algorithmId}; taken here are SHA-256, SHA-384 and SHA-512`,
    );
  }
  checkParameters(algorithm, where);
  return found;
}

/** The digest within a signature algorithm; `plain` is what RSA without one is used with (CMS names it apart). */
export function signatureDigestOf(algorithm: AlgorithmIdentifier, where: string, plain?: DigestName): DigestName {
  const found = algorithm.algorithmId === plainRsa ? plain : signatures.get(algorithm.algorithmId);
  if (!found) {
    throw new TimestampError(
      'timestamp_signature_unsupported',
      `${where} is signed with algorithm ${algorithm.algorithmId}; taken here are RSA (PKCS #1 v1.5) and ECDSA, with SHA-256, SHA-384 or SHA-512`,
    );
  }
  checkParameters(algorithm, where);
  return found;
}

/** None of these algorithms has parameters; NULL stands for none. */
function checkParameters({ algorithmParams }: AlgorithmIdentifier, where: string): void {
  const block = algorithmParams?.idBlock;
  if (block && !(block.tagClass === 1 && block.tagNumber === 5)) {
    throw new TimestampError('timestamp_malformed', `${where}: its algorithm has parameters where there are none`);
  }
}
