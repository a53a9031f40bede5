import { type BitString, fromBER } from 'asn1js';
import { type BasicConstraints, Certificate, type ExtKeyUsage, type RelativeDistinguishedNames } from 'pkijs';
import { checkDer } from './der.js';
import { reading, TimestampError } from './errors.js';

/** A certificate with the bytes that it was read from: names and certificates are compared byte by byte, never by look. */
export interface ReadCertificate {
  raw: Uint8Array;
  certificate: Certificate;
  subject: Uint8Array;
  issuer: Uint8Array;
  /** The subject, for people. */
  name: string;
}

/** Object identifiers of extensions, RFC 5280 §4.2.1. */
const extension = {
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  certificatePolicies: '2.5.29.32',
  extendedKeyUsage: '2.5.29.37',
};

/** Critical extensions that are either judged here or ask nothing of a timestamp's chain. */
const understood = new Set(Object.values(extension));

/** RFC 3161 §2.3. */
const timestamping = '1.3.6.1.5.5.7.3.8';
const anyPurpose = '2.5.29.37.0';

/** Bits of KeyUsage, the first one being the highest of the first byte. */
const signingBits = 0x80 | 0x40;
const keyCertSignBit = 0x04;

const shortNames = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.5', 'serialNumber'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['2.5.4.97', 'organizationIdentifier'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  ['1.2.840.113549.1.9.1', 'emailAddress'],
]);

export const equalBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

/** Reads one DER certificate (RFC 5280). Throws a TimestampError when it is none. */
export function readCertificate(raw: Uint8Array, what = 'a certificate'): ReadCertificate {
  checkDer(raw, what);
  return reading(what, () => {
    const certificate = new Certificate({ schema: fromBER(raw).result });
    if (
      !certificate.signatureAlgorithm.isEqual(certificate.signature) ||
      certificate.signatureValue.valueBlock.unusedBits
    ) {
      throw new TimestampError(
        'timestamp_malformed',
        `${what}: its signature is not the one that its contents announce`,
      );
    }
    return {
      raw,
      certificate,
      subject: new Uint8Array(certificate.subject.valueBeforeDecode),
      issuer: new Uint8Array(certificate.issuer.valueBeforeDecode),
      name: nameText(certificate.subject),
    };
  });
}

/** The DER of every certificate in a PEM text, in its order; none where there is none. Throws a TimestampError for PEM that does not read. */
export function certificatesFromPem(pem: string): Uint8Array[] {
  const blocks = pem.matchAll(/-----BEGIN (?:TRUSTED )?CERTIFICATE-----([^-]*)-----END/g);
  return Array.from(blocks, ([, base64 = '']) =>
    reading('a PEM certificate', () => Uint8Array.from(atob(base64.replace(/\s/g, '')), (c) => c.charCodeAt(0))),
  );
}

/** A name as people write it, most particular part last as in the certificate; nothing in it can steer a terminal. */
export function nameText(name: RelativeDistinguishedNames): string {
  const parts = name.typesAndValues.map(({ type, value }) => {
    const text: unknown = value?.valueBlock?.value;
    return `${shortNames.get(type) ?? type}=${typeof text === 'string' ? text : '?'}`;
  });
  return parts.join(', ').replace(/\p{C}/gu, '\ufffd');
}

/** Why a certificate may not sign timestamps (RFC 3161 §2.3), or undefined. */
export function signerFault(signer: ReadCertificate): string | undefined {
  const usage = find(signer, extension.extendedKeyUsage);
  if (!usage) return 'it has no extended key usage; timestamping must be its only one';
  if (!usage.critical) return 'its extended key usage is not marked critical';
  const purposes = purposesOf(signer) ?? [];
  if (purposes.length !== 1 || purposes[0] !== timestamping) {
    return `its extended key usage is ${purposes.join(', ') || 'empty'}; it must be timestamping (${timestamping}) alone`;
  }
  const bits = keyUsageOf(signer);
  return bits !== undefined && !(bits & signingBits) ? 'its key usage allows no signatures' : undefined;
}

/** Why a certificate may not have issued another that has `below` certificates of authorities under it, or undefined. */
export function issuerFault(issuer: ReadCertificate, below: number): string | undefined {
  const constraints = find(issuer, extension.basicConstraints)?.parsedValue as BasicConstraints | undefined;
  if (constraints?.cA !== true) return 'it is no certificate authority';
  const most = constraints.pathLenConstraint;
  if (most !== undefined && !(typeof most === 'number' && below <= most)) return 'its path is longer than it allows';
  const bits = keyUsageOf(issuer);
  if (bits !== undefined && !(bits & keyCertSignBit)) return 'its key usage allows no signing of certificates';
  const purposes = purposesOf(issuer);
  if (purposes && !purposes.includes(timestamping) && !purposes.includes(anyPurpose))
    return 'it may not issue for timestamping';
  return undefined;
}

/** A critical extension that is not judged here, which RFC 5280 §4.2 has us refuse. */
export const unknownCriticalExtension = ({ certificate }: ReadCertificate): string | undefined =>
  certificate.extensions?.find(({ critical, extnID }) => critical && !understood.has(extnID))?.extnID;

const find = ({ certificate }: ReadCertificate, oid: string) =>
  certificate.extensions?.find(({ extnID }) => extnID === oid);

const purposesOf = (read: ReadCertificate): string[] | undefined => {
  const usage = find(read, extension.extendedKeyUsage);
  return usage && ((usage.parsedValue as ExtKeyUsage | undefined)?.keyPurposes ?? []);
};

const keyUsageOf = (read: ReadCertificate): number | undefined => {
  const usage = find(read, extension.keyUsage);
  return usage && ((usage.parsedValue as BitString | undefined)?.valueBlock.valueHexView[0] ?? 0);
};
