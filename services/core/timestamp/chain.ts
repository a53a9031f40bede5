import { fromBER } from 'asn1js';
import type { AlgorithmIdentifier, CryptoEngine, PublicKeyInfo } from 'pkijs';
import { pss, signatureDigestOf } from './algorithms.js';
import { children, tagOf } from './blocks.js';
import { equalBytes, issuerFault, type ReadCertificate, unknownCriticalExtension } from './certificates.js';
import { checkDer } from './der.js';
import { TimestampError } from './errors.js';

/** More certificates than any authority's chain has. */
const mostInPath = 8;
/** Bounds the work that a token stuffed with certificates of one name can cause. */
const mostSignatureChecks = 64;

const rsaKey = '1.2.840.113549.1.1.1';
const ecKey = '1.2.840.10045.2.1';

/**
 * The chain from `signer` to one of `trusted`, every certificate of which was valid at `at`. Certificates in between are taken from `others`. Own code,
 * because pkijs's chain engine takes the last of a list of certificates for the one to check, ignores path lengths and knows no bounds; what is
 * left out here is left out in it, too: name constraints and policies (refused where critical), and revocation, which nobody can look up offline.
 * Throws a TimestampError that names the first chain's fault, or that there is none.
 */
export async function chainOf({
  signer,
  others,
  trusted,
  at,
  engine,
}: {
  signer: ReadCertificate;
  others: readonly ReadCertificate[];
  trusted: readonly ReadCertificate[];
  at: Date;
  engine: CryptoEngine;
}): Promise<ReadCertificate[]> {
  let first: TimestampError | undefined;
  let checksLeft = mostSignatureChecks;
  let end = signer;

  async function* paths(path: ReadCertificate[]): AsyncGenerator<ReadCertificate[]> {
    const last = path.at(-1)!;
    if (trusted.some(({ raw }) => equalBytes(raw, last.raw))) {
      yield path;
      return;
    }
    end = last;
    if (path.length === mostInPath) return;
    for (const issuer of issuersOf(last)) {
      if (path.some(({ raw }) => equalBytes(raw, issuer.raw)) || checksLeft-- <= 0) continue;
      const fault = await issuanceFault(last, issuer, engine);
      if (fault) first ??= fault;
      else yield* paths([...path, issuer]);
    }
  }
  const issuersOf = (read: ReadCertificate): ReadCertificate[] =>
    [...trusted, ...others].filter(({ subject }) => equalBytes(subject, read.issuer));

  for await (const path of paths([signer])) {
    const fault = pathFault(path, at);
    if (!fault) return path;
    first ??= fault;
  }
  throw (
    first ??
    untrusted(
      `the certificate of ${end.name} is not trusted, and that of its issuer is neither trusted nor in the timestamp`,
    )
  );
}

const untrusted = (message: string): TimestampError => new TimestampError('timestamp_chain_untrusted', message);

function pathFault(path: readonly ReadCertificate[], at: Date): TimestampError | undefined {
  const anchor = path.length - 1;
  for (const [i, read] of path.entries()) {
    const { notBefore, notAfter } = read.certificate;
    if (at < notBefore.value || at > notAfter.value) {
      return new TimestampError(
        'timestamp_certificate_not_valid_then',
        `the certificate of ${read.name} is valid from ${notBefore.value.toISOString()} to ${notAfter.value.toISOString()}, not at ${at.toISOString()}`,
      );
    }
    if (i === anchor) break;
    const critical = unknownCriticalExtension(read);
    if (critical)
      return untrusted(`the certificate of ${read.name} has critical extension ${critical}, which is not known here`);
    const fault = i > 0 && issuerFault(read, i - 1);
    if (fault) return untrusted(`the certificate of ${read.name} may not issue others: ${fault}`);
  }
  return undefined;
}

async function issuanceFault(
  read: ReadCertificate,
  issuer: ReadCertificate,
  engine: CryptoEngine,
): Promise<TimestampError | undefined> {
  const { tbsView, signatureValue, signatureAlgorithm: algorithm } = read.certificate;
  const where = `the certificate of ${read.name}`;
  try {
    const signature = signatureValue.valueBlock.valueHexView;
    const key = issuer.certificate.subjectPublicKeyInfo;
    if (await signedBy({ data: tbsView, signature, algorithm, key, where, engine })) return undefined;
    return untrusted(`${where} is not signed by ${issuer.name}, whom it names as its issuer`);
  } catch (error) {
    if (error instanceof TimestampError) return error;
    throw error;
  }
}

/**
 * Whether a signature is one over `data` by `key`: RSA (PKCS #1 v1.5, PSS) or ECDSA. `plain` is the digest that RSA without a digest of its own is used with.
 * Throws a TimestampError for other algorithms.
 */
export async function signedBy({
  data,
  signature,
  algorithm,
  key,
  where,
  engine,
  plain,
}: {
  data: Uint8Array;
  signature: Uint8Array;
  algorithm: AlgorithmIdentifier;
  key: PublicKeyInfo;
  where: string;
  engine: CryptoEngine;
  plain?: 'SHA-256' | 'SHA-384' | 'SHA-512';
}): Promise<boolean> {
  const digest = signatureDigestOf(algorithm, where, plain);
  const isPss = algorithm.algorithmId === pss;
  const curve = algorithm.algorithmId.startsWith('1.2.840.10045.');
  if (!(curve ? [ecKey] : isPss ? [rsaKey, pss] : [rsaKey]).includes(key.algorithm.algorithmId)) return false;
  // A key that is for PSS alone may be for one digest alone (RFC 4055 §1.2), too.
  const { algorithmId, algorithmParams } = key.algorithm;
  if (algorithmId === pss && algorithmParams && signatureDigestOf(key.algorithm, `the key of ${where}`) !== digest) {
    return false;
  }
  try {
    if (curve && !isNumberPair(signature)) return false;
    const value = { valueBlock: { valueHexView: Uint8Array.from(signature) } };
    return await engine.verifyWithPublicKey(Uint8Array.from(data).buffer, value as never, key, algorithm, digest);
  } catch {
    // A key or signature that does not even read verifies nothing.
    return false;
  }
}

/** Whether a signature is SEQUENCE { INTEGER, INTEGER } (RFC 5480): pkijs takes ENUMERATED for INTEGER here. */
function isNumberPair(signature: Uint8Array): boolean {
  checkDer(signature, 'the signature');
  return (
    children(fromBER(Uint8Array.from(signature)).result)
      .map(tagOf)
      .join(' ') === 'u2 u2'
  );
}
