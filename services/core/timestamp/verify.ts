import { CryptoEngine } from 'pkijs';
import type { WebCrypto } from './algorithms.js';
import { checkSignedAttributes } from './attributes.js';
import { equalBytes, type ReadCertificate, readCertificate, signerFault } from './certificates.js';
import { chainOf, signedBy } from './chain.js';
import { TimestampError, type TimestampFaultCode } from './errors.js';
import { positive } from './request.js';
import { grantedToken, openResponse } from './response.js';
import { readToken, signerCertificate, type Token } from './token.js';

export interface VerifiedTimestamp {
  verified: true;
  /** When the authority says that it saw the digest. */
  genTime: Date;
  /** How far off genTime may be, in µs, where the authority says so. */
  accuracyMicros: number | undefined;
  policy: string;
  /** The authority's number of this timestamp, hexadecimal. */
  serial: string;
  /** The subject of the certificate that signed. */
  authority: string;
  /** The subject of the trusted certificate that it comes down from. */
  root: string;
  /** When the first certificate of the chain ends: afterwards the timestamp stands only as long as nobody has got hold of its key. */
  certificatesEnd: Date;
}

export interface TimestampFault {
  verified: false;
  code: TimestampFaultCode;
  /** What is wrong, for people. */
  message: string;
}

export interface TimestampToVerify {
  /** DER of the authority's answer, or of the token out of it. */
  response?: Uint8Array;
  token?: Uint8Array;
  /** What was to be timestamped: SHA-256, SHA-384 or SHA-512, by its length. */
  digest: Uint8Array;
  /** DER of the certificates that are believed. */
  trustedRoots: readonly Uint8Array[];
  /** DER of certificates that help to reach them, and are not believed. */
  certificates?: readonly Uint8Array[];
  /** Policies that are accepted; any, where not given. */
  policies?: readonly string[];
  /** The nonce that was asked with; where not given, none is expected. */
  nonce?: Uint8Array;
  /** The moment of this verification: a timestamp from later is refused. */
  atTime?: Date;
  /** A browser's `crypto` or Node's `globalThis.crypto`. */
  webcrypto: WebCrypto;
}

/**
 * Verifies a timestamp (RFC 3161 §2.4.2, with ESSCertIDv2 of RFC 5816) offline: that an authority under one of `trustedRoots` says that it
 * has seen `digest`, with certificates that were valid when it says so. Whatever the bytes, the outcome is a verdict and never an exception.
 * Certificates that the chain does not need, text beside the status, and unsigned attributes are not looked at. Revocation is not looked up.
 */
export async function verifyTimestamp(options: TimestampToVerify): Promise<VerifiedTimestamp | TimestampFault> {
  try {
    return await verified(options);
  } catch (error) {
    if (error instanceof TimestampError) return { verified: false, code: error.code, message: error.message };
    return { verified: false, code: 'timestamp_malformed', message: `the timestamp cannot be judged: ${error}` };
  }
}

async function verified({ response, certificates = [], trustedRoots, webcrypto, ...options }: TimestampToVerify) {
  const token = response ? grantedToken(openResponse(response)) : options.token && readToken(options.token);
  if (!token) throw new TypeError('neither an answer nor a token was given');
  checkClaims(token, options);

  const engine = new CryptoEngine({ name: 'given', crypto: webcrypto });
  const others = [...token.certificates, ...certificates.map((der) => readCertificate(der))];
  const signer = signerCertificate(token.signer, others);
  const unfit = signerFault(signer);
  if (unfit) {
    throw new TimestampError(
      'timestamp_signer_not_for_timestamping',
      `the certificate of ${signer.name} is not for timestamping: ${unfit}`,
    );
  }
  await checkSignature(token, signer, { engine, webcrypto });
  const trusted = trustedRoots.map((der) => readCertificate(der, 'a trusted certificate'));
  const chain = await chainOf({ signer, others, trusted, at: token.claims.genTime, engine });

  const { genTime, accuracyMicros, policy, serial } = token.claims;
  return {
    verified: true as const,
    genTime,
    accuracyMicros,
    policy,
    serial,
    authority: signer.name,
    root: chain.at(-1)!.name,
    certificatesEnd: new Date(Math.min(...chain.map(({ certificate }) => certificate.notAfter.value.getTime()))),
  };
}

/** Checks what the token says against what was asked for. */
function checkClaims(
  { claims }: Token,
  { digest, nonce, policies, atTime }: Pick<TimestampToVerify, 'digest' | 'nonce' | 'policies' | 'atTime'>,
): void {
  if (!equalBytes(claims.digest, digest)) {
    throw new TimestampError('timestamp_imprint_differs', 'the timestamp is for something else: its imprint differs');
  }
  if (nonce && !(claims.nonce && equalBytes(claims.nonce, positive(nonce)))) {
    throw new TimestampError(
      'timestamp_nonce_differs',
      claims.nonce
        ? 'the timestamp answers another request: its nonce differs'
        : 'the timestamp has no nonce, and was asked for with one',
    );
  }
  if (policies && !policies.includes(claims.policy)) {
    throw new TimestampError(
      'timestamp_policy_not_accepted',
      `the timestamp was made under policy ${claims.policy}; accepted are ${policies.join(', ') || 'none'}`,
    );
  }
  if (atTime && claims.genTime > atTime) {
    throw new TimestampError(
      'timestamp_from_the_future',
      `the timestamp is of ${claims.genTime.toISOString()}, which is later than ${atTime.toISOString()}`,
    );
  }
}

async function checkSignature(
  token: Token,
  signer: ReadCertificate,
  { engine, webcrypto }: { engine: CryptoEngine; webcrypto: WebCrypto },
): Promise<void> {
  await checkSignedAttributes(token, signer, webcrypto);
  const good = await signedBy({
    data: new Uint8Array(token.signer.signedAttrs!.encodedValue),
    signature: token.signer.signature.valueBlock.valueHexView,
    algorithm: token.signer.signatureAlgorithm,
    key: signer.certificate.subjectPublicKeyInfo,
    where: 'the token',
    engine,
    plain: token.digest,
  });
  if (!good) {
    throw new TimestampError(
      'timestamp_signature_wrong',
      `the signature is not one by the certificate of ${signer.name}`,
    );
  }
}
