import {
  type BaseBlock,
  BitString,
  Constructed,
  Integer,
  Null,
  ObjectIdentifier,
  OctetString,
  Sequence,
  Utf8String,
} from 'asn1js';
import {
  AlgorithmIdentifier,
  Attribute,
  AttributeTypeAndValue,
  BasicConstraints,
  Certificate,
  ContentInfo,
  CryptoEngine,
  EncapsulatedContentInfo,
  Extension,
  ExtKeyUsage,
  IssuerAndSerialNumber,
  MessageImprint,
  PKIStatusInfo,
  SignedAndUnsignedAttributes,
  SignedData,
  SignerInfo,
  TimeStampResp,
  TSTInfo,
} from 'pkijs';

export const oid = {
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  timestamping: '1.3.6.1.5.5.7.3.8',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  timestampInfo: '1.2.840.113549.1.9.16.1.4',
  signedData: '1.2.840.113549.1.7.2',
};

const engine = new CryptoEngine({ name: 'forger', crypto: globalThis.crypto });
const day = 86_400_000;

/** Somebody with a key and a certificate. */
export interface Party {
  keys: CryptoKeyPair;
  certificate: Certificate;
  der: Uint8Array;
}

type CryptoKeyPair = Awaited<ReturnType<typeof newKeys>>;

const newKeys = () =>
  globalThis.crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);

/** A certificate with whatever it should or should not have. */
export async function makeParty({
  name,
  issuer,
  keys,
  authority = false,
  pathLength,
  purposes,
  purposesCritical = true,
  usage,
  from = new Date(Date.now() - day),
  to = new Date(Date.now() + day),
  critical,
  hash = 'SHA-256',
}: {
  name: string;
  issuer?: Party;
  keys?: CryptoKeyPair;
  authority?: boolean;
  pathLength?: number;
  purposes?: string[];
  purposesCritical?: boolean;
  /** First byte of KeyUsage. */
  usage?: number;
  from?: Date;
  to?: Date;
  /** An extension that nobody knows. */
  critical?: string;
  hash?: string;
}): Promise<Party> {
  const own = keys ?? (await newKeys());
  const certificate = new Certificate();
  certificate.version = 2;
  certificate.serialNumber = new Integer({ value: 1 + Math.floor(Math.random() * 1e6) });
  certificate.subject.typesAndValues.push(
    new AttributeTypeAndValue({ type: '2.5.4.3', value: new Utf8String({ value: name }) }),
  );
  certificate.issuer = issuer ? issuer.certificate.subject : certificate.subject;
  certificate.notBefore.value = whole(from);
  certificate.notAfter.value = whole(to);
  const extend = (extnID: string, value: BaseBlock, isCritical: boolean) =>
    new Extension({ extnID, critical: isCritical, extnValue: value.toBER() });
  const constraints = new BasicConstraints({
    cA: authority,
    ...(pathLength === undefined ? {} : { pathLenConstraint: pathLength }),
  });
  certificate.extensions = [extend('2.5.29.19', constraints.toSchema(), true)];
  if (purposes) {
    const use = new ExtKeyUsage({ keyPurposes: purposes });
    certificate.extensions.push(extend('2.5.29.37', use.toSchema(), purposesCritical));
  }
  if (usage !== undefined) {
    certificate.extensions.push(extend('2.5.29.15', new BitString({ valueHex: Uint8Array.of(usage).buffer }), true));
  }
  if (critical) certificate.extensions.push(extend(critical, new Null(), true));
  await certificate.subjectPublicKeyInfo.importKey(own.publicKey, engine);
  await certificate.sign((issuer?.keys ?? own).privateKey, hash, engine);
  const der = new Uint8Array(certificate.toSchema(true).toBER());
  // Read again, so that its names have the bytes that others are compared with.
  return { keys: own, certificate: Certificate.fromBER(der), der };
}

const whole = (date: Date): Date => new Date(Math.floor(date.getTime() / 1000) * 1000);

export interface Forgery {
  signer: Party;
  /** What the token brings along. */
  certificates: Party[];
  digest: Uint8Array;
  imprintAlgorithm?: string;
  version?: number;
  policy?: string;
  nonce?: Uint8Array;
  genTime?: Date;
  extensions?: Extension[];
  /** The signed attributes, to add to, take from, or replace. */
  attributes?: (attributes: Attribute[]) => Attribute[];
  /** Signs instead of the signer's own key. */
  signedWith?: CryptoKeyPair;
  hash?: string;
  signers?: number;
  /** Changes the content once it has been signed. */
  afterSigning?: (info: TSTInfo) => void;
  status?: PKIStatusInfo;
  withToken?: boolean;
}

/** The answer of an authority that does as it is told, faults and all. */
export async function forge(wanted: Forgery): Promise<Uint8Array> {
  const { signer, hash = 'SHA-256' } = wanted;
  const info = timestampInfo(wanted);
  const attributes = [
    new Attribute({ type: oid.contentType, values: [new ObjectIdentifier({ value: oid.timestampInfo })] }),
    new Attribute({
      type: oid.messageDigest,
      values: [new OctetString({ valueHex: await globalThis.crypto.subtle.digest(hash, info.toSchema().toBER()) })],
    }),
    await namesSigner(signer),
  ];
  const signed = new SignedData({
    version: 3,
    encapContentInfo: new EncapsulatedContentInfo({ eContentType: oid.timestampInfo }),
    certificates: wanted.certificates.map(({ certificate }) => certificate),
    signerInfos: Array.from({ length: wanted.signers ?? 1 }, () =>
      signerInfo(signer, wanted.attributes?.(attributes) ?? attributes),
    ),
  });
  // pkijs writes contents in pieces, which is BER; authorities write DER.
  const contents = (): OctetString => new OctetString({ valueHex: info.toSchema().toBER() });
  signed.encapContentInfo.eContent = contents();
  for (const [i] of signed.signerInfos.entries()) {
    await signed.sign((wanted.signedWith ?? signer.keys).privateKey, i, hash, undefined, engine);
  }
  wanted.afterSigning?.(info);
  signed.encapContentInfo.eContent = contents();
  const token = new ContentInfo({ contentType: oid.signedData, content: signed.toSchema(true) });
  const answer = new TimeStampResp({
    status: wanted.status ?? new PKIStatusInfo({ status: 0 }),
    ...(wanted.withToken === false ? {} : { timeStampToken: token }),
  });
  return new Uint8Array(answer.toSchema().toBER());
}

function timestampInfo(wanted: Forgery): TSTInfo {
  return new TSTInfo({
    version: wanted.version ?? 1,
    policy: wanted.policy ?? '1.3.6.1.4.1.55555.1',
    messageImprint: new MessageImprint({
      hashAlgorithm: new AlgorithmIdentifier({ algorithmId: wanted.imprintAlgorithm ?? oid.sha256 }),
      hashedMessage: new OctetString({ valueHex: Uint8Array.from(wanted.digest).buffer }),
    }),
    serialNumber: new Integer({ value: 77 }),
    genTime: whole(wanted.genTime ?? new Date()),
    ...(wanted.nonce ? { nonce: new Integer({ valueHex: Uint8Array.from(wanted.nonce).buffer }) } : {}),
    ...(wanted.extensions ? { extensions: wanted.extensions } : {}),
  });
}

function signerInfo({ certificate }: Party, attributes: Attribute[]): SignerInfo {
  return new SignerInfo({
    version: 1,
    sid: new IssuerAndSerialNumber({ issuer: certificate.issuer, serialNumber: certificate.serialNumber }),
    signedAttrs: new SignedAndUnsignedAttributes({ type: 0, attributes }),
  });
}

/** The signed attribute that names a certificate by its digest (RFC 5035), and where told, by an issuer and number that may be others. */
export async function namesSigner(
  { der }: Pick<Party, 'der'>,
  { first = false, serialOf }: { first?: boolean; serialOf?: Party } = {},
): Promise<Attribute> {
  const hash = await globalThis.crypto.subtle.digest(first ? 'SHA-1' : 'SHA-256', Uint8Array.from(der));
  const id: BaseBlock[] = [new OctetString({ valueHex: hash })];
  if (serialOf) {
    const { issuer, serialNumber } = serialOf.certificate;
    // GeneralNames with one directoryName, [4] EXPLICIT.
    const name = new Constructed({ idBlock: { tagClass: 3, tagNumber: 4 }, value: [issuer.toSchema()] });
    id.push(new Sequence({ value: [new Sequence({ value: [name] }), serialNumber] }));
  }
  return new Attribute({
    type: first ? oid.signingCertificate : oid.signingCertificateV2,
    values: [new Sequence({ value: [new Sequence({ value: [new Sequence({ value: id })] })] })],
  });
}
