import type { BaseBlock, Integer } from 'asn1js';
import { AlgorithmIdentifier } from 'pkijs';
import { children, contents, tagOf } from './blocks.js';
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
/** RSASSA-PSS, of a signature and of a key that is for nothing else (RFC 4055 §3). */
export const pss = '1.2.840.113549.1.1.10';
const maskGeneration = '1.2.840.113549.1.1.8';
/** Longer ones fit into no key of 8,192 bits. */
const mostSaltBytes = 1_024;

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

/** The digest within a signature algorithm, whose parameters are checked; `plain` is what RSA without one is used with (CMS names it apart). */
export function signatureDigestOf(algorithm: AlgorithmIdentifier, where: string, plain?: DigestName): DigestName {
  if (algorithm.algorithmId === pss) return pssDigestOf(algorithm, where);
  const found = algorithm.algorithmId === plainRsa ? plain : signatures.get(algorithm.algorithmId);
  if (!found) {
    throw new TimestampError(
      'timestamp_signature_unsupported',
      `${where} is signed with algorithm ${algorithm.algorithmId}; taken here are RSA (PKCS #1 v1.5, PSS) and ECDSA, with SHA-256, SHA-384 or SHA-512`,
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

/**
 * RSASSA-PSS-params (RFC 4055 §3.1): the digest, MGF1 with the same one, and the length of the salt. What is left out there stands for SHA-1, which is
 * refused; a trailer field may only be the default, which DER leaves out.
 */
function pssDigestOf({ algorithmParams }: AlgorithmIdentifier, where: string): DigestName {
  const fields = tagOf(algorithmParams) === 'u16' ? children(algorithmParams) : [];
  const tags = fields.map(tagOf).join(' ');
  const [digest, mask, salt] = fields.map((field) => onlyChild(field));
  if ((tags !== 'c0 c1 c2' && tags !== 'c0 c1') || !digest || !mask) {
    throw new TimestampError(
      'timestamp_signature_unsupported',
      `${where} is signed with RSA-PSS whose parameters do not name a digest and a mask; taken here are SHA-256, SHA-384 and SHA-512 for both`,
    );
  }
  const { name } = digestOf(new AlgorithmIdentifier({ schema: digest }), where);
  const generator = new AlgorithmIdentifier({ schema: mask });
  if (generator.algorithmId !== maskGeneration || !generator.algorithmParams) {
    throw new TimestampError(
      'timestamp_signature_unsupported',
      `${where} is signed with RSA-PSS and mask generation ${generator.algorithmId}; taken here is MGF1`,
    );
  }
  const masked = digestOf(new AlgorithmIdentifier({ schema: generator.algorithmParams }), where).name;
  if (masked !== name) {
    throw new TimestampError(
      'timestamp_signature_unsupported',
      `${where} is signed with RSA-PSS over ${name} and a mask of ${masked}; taken here is one digest for both`,
    );
  }
  if (salt && !isSaltLength(salt)) {
    throw new TimestampError('timestamp_malformed', `${where}: the length of the RSA-PSS salt is none`);
  }
  return name;
}

const onlyChild = (field: BaseBlock): BaseBlock | undefined => {
  const [first, ...others] = children(field);
  return others.length === 0 ? first : undefined;
};

function isSaltLength(block: BaseBlock): boolean {
  if (tagOf(block) !== 'u2') return false;
  const bytes = contents(block as Integer);
  const length = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return bytes.length <= 2 && bytes[0]! < 0x80 && length <= mostSaltBytes;
}
