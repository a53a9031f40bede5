import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  certificatesFromPem,
  createTimestampRequest,
  readTimestampResponse,
  TimestampError,
  verifyTimestamp,
} from '../../services/core/timestamp/index.js';
import {
  type OpensslAuthority,
  opensslMissing,
  policies,
  startOpensslAuthority,
} from '../support/timestamp-authority.js';

const webcrypto = globalThis.crypto;
const digestOf = (name: string): Buffer => createHash(name).update('the body of a checkpoint').digest();
/** Above 0x80 at its front, which an INTEGER needs a zero before. */
const nonce = Uint8Array.from([0xfe, ...randomBytes(7)]);

test("timestamp requests read as what they are with openssl's tools", { skip: opensslMissing }, () => {
  const request = createTimestampRequest({ digest: digestOf('sha384'), nonce, policy: policies.second });
  const folder = mkdtempSync(join(tmpdir(), 'sealstream-tsq-'));
  writeFileSync(join(folder, 'request.tsq'), request);
  const text = execFileSync('openssl', ['ts', '-query', '-in', join(folder, 'request.tsq'), '-text'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  }).toString();
  rmSync(folder, { recursive: true });
  assert.match(text, /Version: 1/);
  assert.match(text, /Hash Algorithm: sha384/);
  assert.match(text, new RegExp(`Policy OID: ${policies.second}`));
  assert.match(text, new RegExp(`Nonce: 0x${Buffer.from(nonce).toString('hex')}`, 'i'));
  assert.match(text, /Certificate required: yes/);
  assert.throws(() => createTimestampRequest({ digest: randomBytes(20) }), { code: 'timestamp_digest_unsupported' });
});

const authorities = [
  { keys: 'ec', signerDigest: 'sha256', certificateId: 'sha256' },
  { keys: 'rsa', signerDigest: 'sha512', certificateId: 'sha1' },
] as const;

for (const kind of authorities) {
  describe(`An authority of openssl with ${kind.keys} keys`, { skip: opensslMissing }, () => {
    let authority: OpensslAuthority;
    before(async () => {
      authority = await startOpensslAuthority(kind);
    });
    after(() => authority?.close());

    const verify = (response: Uint8Array, digest: Uint8Array) =>
      verifyTimestamp({ response, digest, nonce, trustedRoots: [authority.root], webcrypto });

    for (const name of ['sha256', 'sha384', 'sha512']) {
      test(`timestamps of ${name} verify here, and with openssl`, async () => {
        const digest = digestOf(name);
        const answer = await authority.reply(createTimestampRequest({ digest, nonce }));
        const verdict = await verify(answer, digest);
        assert.ok(verdict.verified, JSON.stringify(verdict));
        assert.equal(verdict.policy, policies.first);
        assert.equal(verdict.authority, 'O=Test Time, CN=Test Time Stamping');
        assert.equal(verdict.root, 'O=Test Time, CN=Test Time Root');
        assert.equal(verdict.accuracyMicros, 1_500_000);
        assert.match(await authority.verify(answer, digest), /Verification: OK/);
        const { token } = readTimestampResponse(answer);
        const byToken = await verifyTimestamp({ token: token!, digest, trustedRoots: [authority.root], webcrypto });
        assert.deepEqual(byToken, verdict);
      });
    }

    test('without certReq the verifier needs the certificates from elsewhere', async () => {
      const digest = digestOf('sha256');
      const response = await authority.reply(createTimestampRequest({ digest, nonce, certReq: false }));
      const refused = await verify(response, digest);
      assert.ok(!refused.verified && refused.code === 'timestamp_signer_missing');
      const certificates = ['intermediate', 'signer'].flatMap((file) =>
        certificatesFromPem(readFileSync(join(authority.folder, `${file}.pem`), 'utf8')),
      );
      assert.equal(certificates.length, 2);
      const options = { response, digest, certificates, trustedRoots: [authority.root], webcrypto };
      assert.ok((await verifyTimestamp(options)).verified);
    });

    test('a request under a policy that it does not have is answered with a rejection, which is named', async () => {
      const digest = digestOf('sha256');
      const answer = await authority.reply(createTimestampRequest({ digest, nonce, policy: '1.2.3.4' }));
      const { status, explanation, token } = readTimestampResponse(answer);
      assert.deepEqual([status, token], ['rejection', undefined]);
      assert.match(explanation, /policy not supported/);
      const verdict = await verify(answer, digest);
      assert.ok(!verdict.verified && verdict.code === 'timestamp_status_not_granted', JSON.stringify(verdict));
    });

    test('the wrong byte anywhere in an answer verifies nowhere and crashes nothing', async () => {
      const digest = digestOf('sha256');
      const answer = Uint8Array.from(await authority.reply(createTimestampRequest({ digest, nonce })));
      assert.ok((await verify(answer, digest)).verified);
      // Some bytes on each run; `npm run test:timestamps` changes every bit of all.
      const thorough = process.env.SEALSTREAM_TIMESTAMP_BITS === '1';
      const step = thorough ? 1 : Math.ceil(answer.length / 250);
      for (let at = thorough ? 0 : randomInt(step); at < answer.length; at += step) {
        const bits = thorough ? [0, 1, 2, 3, 4, 5, 6, 7] : [randomInt(8)];
        for (const bit of bits) {
          const changed = answer.slice();
          changed[at]! ^= 1 << bit;
          const verdict = await verify(changed, digest);
          assert.ok(!verdict.verified, `bit ${bit} of byte ${at} of ${answer.length}`);
          assert.doesNotMatch(
            verdict.message,
            /cannot be judged/,
            `bit ${bit} of byte ${at}: an exception nobody thought of`,
          );
        }
      }
    });

    test('an answer cut anywhere, or noise, is named and nothing more', async () => {
      const digest = digestOf('sha256');
      const answer = Uint8Array.from(await authority.reply(createTimestampRequest({ digest, nonce })));
      for (let keep = 0; keep < answer.length; keep += 7) {
        assert.throws(() => readTimestampResponse(answer.subarray(0, keep)), { code: 'timestamp_truncated' });
      }
      for (let i = 0; i < 300; i++) {
        const noise = randomBytes(randomInt(1, 300));
        if (i % 2) noise[0] = 0x30;
        assert.throws(() => readTimestampResponse(noise), TimestampError);
      }
    });
  });
}

test('the code that reads and verifies timestamps asks nothing of Node, so that a page can run it', () => {
  const start = fileURLToPath(new URL('../../services/core/timestamp/index.js', import.meta.url));
  const seen = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, from = ''] of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)) {
      if (from.startsWith('.')) visit(join(dirname(file), from));
      else packages.add(from);
    }
  };
  assert.ok(existsSync(start));
  visit(start);
  assert.ok(seen.size > 8);
  assert.deepEqual([...packages].sort(), ['asn1js', 'pkijs']);
});
