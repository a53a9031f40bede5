import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { before, describe, test } from 'node:test';
import { BitString, Integer, Null, Utf8String } from 'asn1js';
import { Extension, PKIStatusInfo } from 'pkijs';
import {
  type TimestampFaultCode,
  type TimestampToVerify,
  verifyTimestamp,
} from '../../services/core/timestamp/index.js';
import { type Forgery, forge, makeParty, namesSigner, oid, type Party } from '../support/forged-timestamp.js';

const digest = createHash('sha256').update('a checkpoint').digest();
const nonce = Uint8Array.from([0x7a, ...randomBytes(7)]);
const day = 86_400_000;
const daysFromNow = (days: number): Date => new Date(Date.now() + days * day);

interface Case {
  fault: TimestampFaultCode;
  /** What the message must say, for the person reading it. */
  says: RegExp;
  forged?: Partial<Forgery>;
  asked?: Partial<TimestampToVerify>;
  mangled?: (answer: Uint8Array) => Uint8Array;
}

describe('A timestamp with a fault is refused by the name of its fault', () => {
  let root: Party;
  let issuing: Party;
  let signer: Party;

  before(async () => {
    root = await makeParty({ name: 'Root', authority: true, usage: 0x06 });
    issuing = await makeParty({ name: 'Issuing', issuer: root, authority: true, pathLength: 0, usage: 0x06 });
    signer = await stamping({});
  });

  const stamping = (given: Partial<Parameters<typeof makeParty>[0]>): Promise<Party> =>
    makeParty({ name: 'Stamping', issuer: issuing, purposes: [oid.timestamping], usage: 0x80, ...given });

  const judge = async ({ forged = {}, asked = {}, mangled = (answer) => answer }: Partial<Case>) => {
    const answer = await forge({ signer, certificates: [signer, issuing], digest, nonce, ...forged });
    const webcrypto = globalThis.crypto;
    return verifyTimestamp({ response: mangled(answer), digest, nonce, trustedRoots: [root.der], webcrypto, ...asked });
  };
  const refused = async ({ fault, says, ...given }: Case): Promise<void> => {
    const verdict = await judge(given);
    assert.ok(!verdict.verified, 'it was verified');
    assert.equal(verdict.code, fault, verdict.message);
    assert.match(verdict.message, says);
  };

  test('one without a fault is verified, so that what follows fails for its fault alone', async () => {
    const verdict = await judge({ asked: { policies: ['1.3.6.1.4.1.55555.1'], atTime: daysFromNow(1) } });
    assert.ok(verdict.verified, JSON.stringify(verdict));
    assert.equal(verdict.authority, 'CN=Stamping');
    assert.equal(verdict.root, 'CN=Root');
    assert.equal(verdict.serial, '4d');
    assert.equal(verdict.policy, '1.3.6.1.4.1.55555.1');
    assert.ok(Math.abs(verdict.genTime.getTime() - Date.now()) < 60_000);
    const ends = [root, issuing, signer].map(({ certificate }) => certificate.notAfter.value.getTime());
    assert.equal(verdict.certificatesEnd.getTime(), Math.min(...ends));
  });

  test('the imprint is of something else', async () => {
    const other = createHash('sha256').update('another checkpoint').digest();
    await refused({ fault: 'timestamp_imprint_differs', says: /something else/, asked: { digest: other } });
    const longer = createHash('sha512').update('a checkpoint').digest();
    await refused({ fault: 'timestamp_imprint_differs', says: /imprint/, asked: { digest: longer } });
  });

  test('the imprint is made with a digest that is too weak, or of another length than it says', async () => {
    const weak = createHash('sha1').update('a checkpoint').digest();
    const forged = { digest: weak, imprintAlgorithm: oid.sha1 };
    await refused({
      fault: 'timestamp_digest_unsupported',
      says: /imprint.*1\.3\.14\.3\.2\.26/,
      forged,
      asked: { digest: weak },
    });
    await refused({
      fault: 'timestamp_malformed',
      says: /20 bytes/,
      forged: { digest: weak },
      asked: { digest: weak },
    });
  });

  test('the nonce is another, or none', async () => {
    await refused({ fault: 'timestamp_nonce_differs', says: /another request/, asked: { nonce: randomBytes(8) } });
    const certificates = [signer, issuing];
    const answer = await forge({ signer, certificates, digest });
    await refused({ fault: 'timestamp_nonce_differs', says: /no nonce/, mangled: () => answer });
  });

  test('the status is not granted, or granted with nothing in it', async () => {
    const says = /rejection.*no clock today.*time source/;
    const status = new PKIStatusInfo({
      status: 2,
      statusStrings: [new Utf8String({ value: 'no clock today' })],
      failInfo: new BitString({ valueHex: Uint8Array.of(0, 2).buffer, unusedBits: 1 }),
    });
    await refused({ fault: 'timestamp_status_not_granted', says, forged: { status, withToken: false } });
    await refused({ fault: 'timestamp_status_not_granted', says, forged: { status } });
    await refused({ fault: 'timestamp_status_not_granted', says: /without a token/, forged: { withToken: false } });
    const modified = new PKIStatusInfo({ status: 1 });
    await refused({ fault: 'timestamp_status_not_granted', says: /modifications/, forged: { status: modified } });
  });

  test("the signer's certificate is not for timestamping, or not for it alone, or does not insist on it", async () => {
    const fault = 'timestamp_signer_not_for_timestamping';
    const unfit = async (given: Partial<Parameters<typeof makeParty>[0]>, says: RegExp): Promise<void> => {
      const other = await stamping(given);
      await refused({ fault, says, forged: { signer: other, certificates: [other, issuing] } });
    };
    await unfit({ purposes: [oid.codeSigning] }, /1\.3\.6\.1\.5\.5\.7\.3\.3/);
    await unfit({ purposes: [oid.timestamping, oid.codeSigning] }, /alone/);
    await unfit({ purposesCritical: false }, /not marked critical/);
    await unfit({ usage: 0x20 }, /no signatures/);
    const plain = await makeParty({ name: 'Plain', issuer: issuing });
    await refused({ fault, says: /no extended key usage/, forged: { signer: plain, certificates: [plain, issuing] } });
  });

  test('the signature names another certificate by ESSCertID or ESSCertIDv2, or none', async () => {
    const fault = 'timestamp_signer_differs';
    const twin = await stamping({ keys: signer.keys });
    const naming = async (...by: Parameters<typeof namesSigner>): Promise<Partial<Forgery>> => {
      const id = await namesSigner(...by);
      return { attributes: (all) => [...all.slice(0, 2), id] };
    };
    await refused({ fault, says: /digest differs/, forged: await naming(twin) });
    await refused({ fault, says: /digest differs/, forged: await naming(twin, { first: true }) });
    await refused({ fault, says: /number differs/, forged: await naming(signer, { serialOf: twin }) });
    await refused({ fault, says: /does not say/, forged: { attributes: (all) => all.slice(0, 2) } });
    // The right one in either version, with issuer and number too, is none of these faults.
    assert.ok((await judge({ forged: await naming(signer, { first: true }) })).verified);
    assert.ok((await judge({ forged: await naming(signer, { serialOf: signer }) })).verified);
  });

  test("the signer's certificate is not there, unless the verifier has it", async () => {
    const forged = { certificates: [issuing] };
    await refused({ fault: 'timestamp_signer_missing', says: /certReq/, forged });
    assert.ok((await judge({ forged, asked: { certificates: [signer.der] } })).verified);
  });

  test('the chain does not reach a trusted root', async () => {
    const fault = 'timestamp_chain_untrusted';
    const stranger = await makeParty({ name: 'Root', authority: true });
    await refused({ fault, says: /Issuing is not signed by CN=Root/, asked: { trustedRoots: [stranger.der] } });
    await refused({ fault, says: /neither trusted nor in the timestamp/, asked: { trustedRoots: [] } });
    await refused({ fault, says: /CN=Stamping/, forged: { certificates: [signer] } });
    assert.ok((await judge({ forged: { certificates: [signer] }, asked: { certificates: [issuing.der] } })).verified);
    assert.ok(
      (await judge({ asked: { trustedRoots: [signer.der] } })).verified,
      'a certificate that is itself trusted',
    );
  });

  test('somebody in the chain may not issue certificates, or not such ones', async () => {
    const fault = 'timestamp_chain_untrusted';
    const under = async (given: Partial<Parameters<typeof makeParty>[0]>, says: RegExp): Promise<void> => {
      const between = await makeParty({ name: 'Between', issuer: root, authority: true, usage: 0x06, ...given });
      const other = await stamping({ issuer: between });
      await refused({ fault, says, forged: { signer: other, certificates: [other, between] } });
    };
    await under({ authority: false }, /no certificate authority/);
    await under({ usage: 0x80 }, /no signing of certificates/);
    await under({ purposes: [oid.codeSigning] }, /not issue for timestamping/);
    await under({ critical: '1.3.6.1.4.1.55555.99' }, /critical extension 1\.3\.6\.1\.4\.1\.55555\.99/);
    const deeper = await makeParty({ name: 'Deeper', issuer: issuing, authority: true });
    const other = await stamping({ issuer: deeper });
    const certificates = [other, deeper, issuing];
    await refused({ fault, says: /path is longer/, forged: { signer: other, certificates } });
  });

  test('a certificate was not valid when the timestamp was made', async () => {
    const fault = 'timestamp_certificate_not_valid_then';
    for (const days of [3, -3]) {
      await refused({ fault, says: /CN=Stamping is valid from/, forged: { genTime: daysFromNow(days) } });
    }
    const old = await makeParty({
      name: 'Old',
      issuer: root,
      authority: true,
      from: daysFromNow(-9),
      to: daysFromNow(-4),
    });
    const other = await stamping({ issuer: old });
    await refused({ fault, says: /CN=Old/, forged: { signer: other, certificates: [other, old] } });
    // What has ended since was valid then: that is what a timestamp is for.
    const past = await stamping({ from: daysFromNow(-1), to: daysFromNow(-0.5) });
    const forged = { signer: past, certificates: [past, issuing], genTime: daysFromNow(-0.7) };
    assert.ok((await judge({ forged })).verified);
  });

  test('it is of a later time than that of the verification', async () => {
    await refused({ fault: 'timestamp_from_the_future', says: /later than/, asked: { atTime: daysFromNow(-0.1) } });
  });

  test('its policy is not accepted', async () => {
    const asked = { policies: ['1.3.6.1.4.1.55555.2'] };
    await refused({ fault: 'timestamp_policy_not_accepted', says: /55555\.1; accepted are .*55555\.2/, asked });
  });

  test('the signature is by another key, or over other contents', async () => {
    const fault = 'timestamp_signature_wrong';
    await refused({ fault, says: /CN=Stamping/, forged: { signedWith: root.keys } });
    const afterSigning = (info: { genTime: Date }): void => {
      info.genTime = new Date(1_790_000_000_000);
    };
    await refused({ fault, says: /other contents/, forged: { afterSigning } });
  });

  test('the signature is made with a digest that is too weak', async () => {
    await refused({ fault: 'timestamp_digest_unsupported', says: /token/, forged: { hash: 'SHA-1' } });
    const weak = await makeParty({ name: 'Weak', issuer: root, authority: true, hash: 'SHA-1' });
    const other = await stamping({ issuer: weak });
    const forged = { signer: other, certificates: [other, weak] };
    await refused({ fault: 'timestamp_signature_unsupported', says: /CN=Weak/, forged });
  });

  test('it is no timestamp as the standard has it', async () => {
    const fault = 'timestamp_malformed';
    await refused({ fault, says: /2 signers/, forged: { signers: 2 } });
    await refused({ fault, says: /version 2/, forged: { version: 2 } });
    const extension = new Extension({ extnID: '1.3.6.1.4.1.55555.9', critical: true, extnValue: new Null().toBER() });
    await refused({ fault, says: /critical extension/, forged: { extensions: [extension] } });
    await refused({
      fault,
      says: /byte 0/,
      mangled: (answer) => Uint8Array.of(0x30, 0x80, ...answer.subarray(4), 0, 0),
    });
    await refused({
      fault,
      says: /begin a SEQUENCE/,
      mangled: () => new Uint8Array(new Integer({ value: 5 }).toBER()),
    });
    await refused({ fault, says: /longer than/, mangled: () => new Uint8Array(70_000) });
  });

  test('bytes follow it, or are missing at its end', async () => {
    const mangled = (answer: Uint8Array): Uint8Array => Uint8Array.of(...answer, 0);
    await refused({ fault: 'timestamp_trailing_bytes', says: /1 foreign/, mangled });
    for (const keep of [0, 1, 3, 40, 900, -1]) {
      const cut = (answer: Uint8Array): Uint8Array => answer.slice(0, keep);
      await refused({ fault: 'timestamp_truncated', says: /cut/, mangled: cut });
    }
  });

  test('a token stuffed with certificates of one name costs a bounded time', async () => {
    const impostors = await Promise.all(
      Array.from({ length: 150 }, () => makeParty({ name: 'Issuing', authority: true })),
    );
    const startedMs = performance.now();
    await refused({
      fault: 'timestamp_chain_untrusted',
      says: /not signed by CN=Issuing/,
      forged: { certificates: [signer, ...impostors] },
    });
    assert.ok(performance.now() - startedMs < 20_000);
  });
});
