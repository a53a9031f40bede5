import { type BaseBlock, fromBER, type Integer, type OctetString } from 'asn1js';
import {
  AlgorithmIdentifier,
  ContentInfo,
  EncapsulatedContentInfo,
  IssuerAndSerialNumber,
  SignerInfo,
  TSTInfo,
} from 'pkijs';
import { type DigestName, digestOf, signatureDigestOf } from './algorithms.js';
import { bytesOf, children, contents, tagOf } from './blocks.js';
import { equalBytes, type ReadCertificate, readCertificate } from './certificates.js';
import { checkDer } from './der.js';
import { reading, TimestampError } from './errors.js';

const signedDataType = '1.2.840.113549.1.7.2';
const timestampInfoType = '1.2.840.113549.1.9.16.1.4';
const subjectKeyIdentifier = '2.5.29.14';

/** What a TSTInfo says (RFC 3161 §2.4.2). */
export interface TimestampClaims {
  genTime: Date;
  /** How far off genTime may be, in µs, where the authority says so. */
  accuracyMicros: number | undefined;
  policy: string;
  /** The authority's number of this timestamp, hexadecimal. */
  serial: string;
  digestAlgorithm: DigestName;
  digest: Uint8Array;
  /** Contents of the nonce's INTEGER. */
  nonce: Uint8Array | undefined;
}

export interface Token {
  claims: TimestampClaims;
  /** The bytes that the signed attributes carry the digest of. */
  content: Uint8Array;
  signer: SignerInfo;
  /** The digest that the signature is made over, and that of the content. */
  digest: DigestName;
  certificates: ReadCertificate[];
}

const malformed = (message: string): TimestampError => new TimestampError('timestamp_malformed', message);

/** Reads a DER TimeStampToken: a SignedData (RFC 5652) around a TSTInfo, by exactly one signer, as RFC 3161 §2.4.2 has it. */
export function readToken(raw: Uint8Array): Token {
  checkDer(raw, 'the token');
  return reading('the token', () => {
    const info = new ContentInfo({ schema: fromBER(raw).result });
    if (info.contentType !== signedDataType)
      throw malformed(`the token is of type ${info.contentType}, not signed data`);
    const parts = partsOf(info.content);
    const { eContentType, eContent } = new EncapsulatedContentInfo({ schema: parts.content });
    if (eContentType !== timestampInfoType || !eContent || tagOf(eContent) !== 'u4')
      throw malformed('the token holds no timestamp information');
    if (parts.signers.length !== 1) throw malformed(`the token has ${parts.signers.length} signers; it must have one`);
    const signer = new SignerInfo({ schema: parts.signers[0]! });
    const digest = digestOf(signer.digestAlgorithm, 'the token').name;
    const announced = parts.digests.map((schema) => digestOf(new AlgorithmIdentifier({ schema }), 'the token').name);
    if (announced.length !== 1 || announced[0] !== digest) {
      throw malformed('the token announces other digest algorithms than its signer uses');
    }
    if (signatureDigestOf(signer.signatureAlgorithm, 'the token', digest) !== digest) {
      throw malformed('the signer digests with one algorithm and signs with another');
    }
    const content = Uint8Array.from(eContent.valueBlock.valueHexView);
    const certificates = parts.certificates.map((block) =>
      readCertificate(bytesOf(block), 'a certificate of the token'),
    );
    return { claims: readClaims(content), content, signer, digest, certificates };
  });
}

/**
 * Takes a SignedData apart (RFC 5652 §5.1). Not by pkijs's class, which reads every certificate by schema once more than is needed: most
 * of a verification's time. Attribute certificates and revocation lists are passed over.
 */
function partsOf(signedData: BaseBlock) {
  const [version, digests, content, ...rest] = children(signedData);
  const signers = rest.pop();
  const known = [tagOf(signedData), tagOf(version), tagOf(digests), tagOf(content), tagOf(signers)].join(' ');
  const optional = rest.map(tagOf).join(' ');
  if (known !== 'u16 u2 u17 u16 u17' || !['', 'c0', 'c1', 'c0 c1'].includes(optional)) {
    throw malformed('the token is no signed data');
  }
  if ((version as Integer).valueBlock.valueDec !== 3) throw malformed("the token's signed data is not of version 3");
  const set = rest.find((block) => tagOf(block) === 'c0');
  return {
    digests: children(digests!),
    content: content!,
    certificates: set ? children(set).filter((block) => tagOf(block) === 'u16') : [],
    signers: children(signers!),
  };
}

function readClaims(content: Uint8Array): TimestampClaims {
  checkDer(content, 'the timestamp information');
  const info = new TSTInfo({ schema: fromBER(content).result });
  if (info.version !== 1) throw malformed(`the timestamp information is of version ${info.version}; known is 1`);
  const critical = info.extensions?.find((extension) => extension.critical);
  if (critical) throw malformed(`the timestamp has a critical extension that is unknown here, ${critical.extnID}`);
  const { name, bytes } = digestOf(info.messageImprint.hashAlgorithm, 'the imprint');
  const digest = Uint8Array.from(info.messageImprint.hashedMessage.valueBlock.valueHexView);
  if (digest.length !== bytes) throw malformed(`the imprint has ${digest.length} bytes; ${name} has ${bytes}`);
  const { seconds = 0, millis = 0, micros = 0 } = info.accuracy ?? {};
  return {
    genTime: info.genTime,
    accuracyMicros: info.accuracy && seconds * 1_000_000 + millis * 1_000 + micros,
    policy: info.policy,
    serial: hex(contents(info.serialNumber)),
    digestAlgorithm: name,
    digest,
    nonce: info.nonce && contents(info.nonce),
  };
}

/** The signer's certificate among those given, found by what the token calls it. Throws a TimestampError where it is not there. */
export function signerCertificate(signer: SignerInfo, certificates: readonly ReadCertificate[]): ReadCertificate {
  const { sid } = signer;
  const byIssuer = sid instanceof IssuerAndSerialNumber;
  if (signer.version !== (byIssuer ? 1 : 3))
    throw malformed(`the signer is of version ${signer.version}, which does not fit its name`);
  const found = certificates.find((read) =>
    byIssuer
      ? equalBytes(read.issuer, new Uint8Array(sid.issuer.valueBeforeDecode)) &&
        equalBytes(contents(read.certificate.serialNumber), contents(sid.serialNumber))
      : hasKeyIdentifier(read, sid as BaseBlock),
  );
  if (found) return found;
  const whom = byIssuer ? `number ${hex(contents(sid.serialNumber))} of its issuer` : 'named by its key';
  throw new TimestampError(
    'timestamp_signer_missing',
    `the signer's certificate (${whom}) is not in the timestamp; ask the authority with certReq, or give the certificate`,
  );
}

function hasKeyIdentifier({ certificate }: ReadCertificate, sid: BaseBlock): boolean {
  const own = certificate.extensions?.find(({ extnID }) => extnID === subjectKeyIdentifier)?.parsedValue as
    | OctetString
    | undefined;
  const wanted = (sid as unknown as OctetString).valueBlock.valueHexView;
  return own !== undefined && wanted?.length > 0 && equalBytes(own.valueBlock.valueHexView, wanted);
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
