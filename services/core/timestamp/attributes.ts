import type { BaseBlock, ObjectIdentifier, OctetString } from 'asn1js';
import { AlgorithmIdentifier, type Attribute } from 'pkijs';
import { digestOf, type WebCrypto } from './algorithms.js';
import { children, tagOf } from './blocks.js';
import { equalBytes, type ReadCertificate } from './certificates.js';
import { reading, TimestampError } from './errors.js';
import type { Token } from './token.js';

const contentType = '1.2.840.113549.1.9.3';
const messageDigest = '1.2.840.113549.1.9.4';
const signingCertificate = '1.2.840.113549.1.9.16.2.12';
const signingCertificateV2 = '1.2.840.113549.1.9.16.2.47';
const timestampInfoType = '1.2.840.113549.1.9.16.1.4';

/**
 * Checks what the signed attributes (RFC 5652 §11, RFC 5035) bind: the content, by its digest, and the certificate of the signer, by ESSCertID
 * or ESSCertIDv2, without which another certificate for the same key could be put in its place. Throws a TimestampError.
 */
export async function checkSignedAttributes(
  token: Token,
  signer: ReadCertificate,
  { subtle }: WebCrypto,
): Promise<void> {
  const attributes = token.signer.signedAttrs?.attributes ?? [];
  const type = onlyValue(attributes, contentType);
  if (tagOf(type) !== 'u6' || (type as ObjectIdentifier).valueBlock.toString() !== timestampInfoType) {
    throw new TimestampError('timestamp_malformed', 'the signature is not made for timestamp information');
  }
  const stated = octetsOf(onlyValue(attributes, messageDigest));
  const digest = new Uint8Array(await subtle.digest(token.digest, Uint8Array.from(token.content)));
  if (!equalBytes(stated, digest)) {
    throw new TimestampError(
      'timestamp_signature_wrong',
      'the signature is made over other contents than the token has',
    );
  }
  const first = onlyValue(attributes, signingCertificate);
  const second = onlyValue(attributes, signingCertificateV2);
  if (!first && !second) {
    throw new TimestampError('timestamp_signer_differs', 'the signature does not say by which certificate it was made');
  }
  if (first) await checkCertificateId(first, signer, async (raw) => new Uint8Array(await subtle.digest('SHA-1', raw)));
  if (second)
    await checkCertificateId(second, signer, async (raw, name) => new Uint8Array(await subtle.digest(name, raw)));
}

function octetsOf(block: BaseBlock | undefined): Uint8Array {
  if (tagOf(block) === 'u4') return (block as OctetString).valueBlock.valueHexView;
  throw new TimestampError('timestamp_malformed', 'a signed attribute is no digest where it must be one');
}

/** The one value of an attribute that may be there once. */
function onlyValue(attributes: readonly Attribute[], type: string): BaseBlock | undefined {
  const [attribute, ...others] = attributes.filter((candidate) => candidate.type === type);
  if (!attribute) return undefined;
  const [value, ...more] = attribute.values as BaseBlock[];
  if (value && others.length + more.length === 0) return value;
  throw new TimestampError('timestamp_malformed', `signed attribute ${type} has not exactly one value`);
}

/**
 * The first ESSCertID names the signer. Both forms are SEQUENCE { SEQUENCE OF ESSCertID, … }; ESSCertID is SEQUENCE { [v2: algorithm, SHA-256
 * when left out,] hash, [issuer and serial] }.
 */
async function checkCertificateId(
  attribute: BaseBlock,
  signer: ReadCertificate,
  digest: (raw: Uint8Array<ArrayBuffer>, name: string) => Promise<Uint8Array>,
): Promise<void> {
  const { algorithm, hash, serial } = reading('the certificate that the signature names', () => {
    const id = children(children(attribute)[0]!)[0]!;
    const parts = children(id);
    const named = parts[0]!.idBlock.tagNumber === 16;
    const [value, issuerSerial] = named ? parts.slice(1) : parts;
    return {
      algorithm: named
        ? digestOf(new AlgorithmIdentifier({ schema: parts[0]! }), "the signer's certificate").name
        : 'SHA-256',
      hash: octetsOf(value),
      serial: issuerSerial && children(issuerSerial),
    };
  });
  const differs = (how: string): TimestampError =>
    new TimestampError(
      'timestamp_signer_differs',
      `the signature names another certificate than that of ${signer.name}: ${how}`,
    );
  if (!equalBytes(hash, await digest(Uint8Array.from(signer.raw), algorithm))) throw differs('its digest differs');
  if (!serial) return;
  const [issuers, number] = serial;
  const issuer = issuers && children(issuers).map((general) => children(general)[0]?.valueBeforeDecodeView);
  if (!number || !equalBytes(number.valueBeforeDecodeView, signer.certificate.serialNumber.valueBeforeDecodeView)) {
    throw differs('its number differs');
  }
  if (!issuer?.some((name) => name && equalBytes(name, signer.issuer))) throw differs('its issuer differs');
}
