// `openssl ts -reply` cannot sign with RSA-PSS: its PKCS7 layer knows no such key ("signing not supported for this key type"). So openssl plays the
// authority in two steps: `ts` says what is timestamped, and `cms` signs that, as RFC 3161 §2.4.2 has it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomInt } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { certificatesFromPem, createTimestampRequest, verifyTimestamp } from '../../services/core/timestamp/index.js';
import { type OpensslAuthority, opensslMissing, startOpensslAuthority } from '../support/timestamp-authority.js';

const run = promisify(execFile);
const webcrypto = globalThis.crypto;
const digest = createHash('sha256').update('the body of a checkpoint').digest();
const salted = (name: string, length: string): string[] => [
  name,
  'rsa_padding_mode:pss',
  name,
  `rsa_pss_saltlen:${length}`,
];

/** Keys of both kinds, with certificates that a root has signed with RSA-PSS; and what `ts` says of the digest. */
async function preparePss(authority: OpensslAuthority) {
  const path = (name: string): string => join(authority.folder, name);
  const make = async (name: string, algorithm: string, byRoot: boolean): Promise<void> => {
    await run('openssl', ['genpkey', '-algorithm', algorithm, '-pkeyopt', 'rsa_keygen_bits:2048', '-out', path(name)]);
    const request = ['req', '-new', '-key', path(name), '-subj', `/O=PSS/CN=${name}`, '-sha256'];
    if (!byRoot) {
      const extensions = ['-days', '30', '-addext', 'basicConstraints=critical,CA:true', '-out', path(`${name}.pem`)];
      await run('openssl', [...request, '-x509', ...salted('-sigopt', 'max'), ...extensions]);
      return;
    }
    await run('openssl', [...request, '-out', path(`${name}.csr`)]);
    const by = ['-CA', path('pss-root.pem'), '-CAkey', path('pss-root'), '-CAcreateserial', '-days', '20', '-sha384'];
    const how = ['-extfile', path('extensions.conf'), '-extensions', 'signer', ...salted('-sigopt', 'digest')];
    await run('openssl', ['x509', '-req', '-in', path(`${name}.csr`), ...by, ...how, '-out', path(`${name}.pem`)]);
  };
  await make('pss-root', 'RSA', false);
  await make('pss-alone', 'RSA-PSS', true);
  await make('any-rsa', 'RSA', true);

  writeFileSync(path('plain.tsr'), await authority.reply(createTimestampRequest({ digest })));
  await run('openssl', ['ts', '-reply', '-in', path('plain.tsr'), '-token_out', '-out', path('plain.der')]);
  const contents = ['-noverify', '-inform', 'DER', '-in', path('plain.der'), '-binary', '-out', path('contents')];
  await run('openssl', ['cms', '-verify', ...contents]);
  const [root] = certificatesFromPem(readFileSync(path('pss-root.pem'), 'utf8'));

  let nth = 0;
  return {
    root: root!,
    /** A token signed by `cms`. */
    async sign(key: 'pss-alone' | 'any-rsa', md: string, salt: string, ...more: string[]): Promise<Uint8Array> {
      const out = path(`token-${++nth}`);
      const what = ['-binary', '-nodetach', '-econtent_type', '1.2.840.113549.1.9.16.1.4', '-in', path('contents')];
      const by = ['-cades', '-signer', path(`${key}.pem`), '-inkey', path(key), '-md', md];
      const how = [...salted('-keyopt', salt), ...more, '-outform', 'DER', '-out', out];
      await run('openssl', ['cms', '-sign', ...what, ...by, ...how]);
      return Uint8Array.from(readFileSync(out));
    },
    /** What openssl itself says of it. */
    async openssl(token: Uint8Array): Promise<string> {
      writeFileSync(path('token'), token);
      const files = ['-token_in', '-in', path('token'), '-CAfile', path('pss-root.pem')];
      return (await run('openssl', ['ts', '-verify', '-digest', digest.toString('hex'), ...files])).stdout;
    },
  };
}

describe('Timestamps that are signed with RSA-PSS', { skip: opensslMissing }, () => {
  let authority: OpensslAuthority;
  let pss: Awaited<ReturnType<typeof preparePss>>;
  before(async () => {
    authority = await startOpensslAuthority({ keys: 'ec' });
    pss = await preparePss(authority);
  });
  after(() => authority?.close());
  const verify = (token: Uint8Array, root = pss.root) =>
    verifyTimestamp({ token, digest, trustedRoots: [root], webcrypto });

  for (const md of ['sha256', 'sha384', 'sha512']) {
    test(`over ${md} verify, by keys for nothing else and by any RSA key`, async () => {
      const token = await pss.sign('pss-alone', md, 'digest');
      const verdict = await verify(token);
      assert.ok(verdict.verified, JSON.stringify(verdict));
      assert.deepEqual([verdict.authority, verdict.root], ['O=PSS, CN=pss-alone', 'O=PSS, CN=pss-root']);
      assert.match(await pss.openssl(token), /Verification: OK/);
      for (const salt of ['max', '20']) {
        const other = await verify(await pss.sign('any-rsa', md, salt));
        assert.ok(other.verified, JSON.stringify(other));
      }
    });
  }

  test('by a stranger’s root, with two digests, or with SHA-1 are named', async () => {
    const stranger = await verify(await pss.sign('any-rsa', 'sha256', 'digest'), authority.root);
    assert.ok(!stranger.verified && stranger.code === 'timestamp_chain_untrusted', JSON.stringify(stranger));
    const twofold = await verify(await pss.sign('any-rsa', 'sha256', 'digest', '-keyopt', 'rsa_mgf1_md:sha512'));
    assert.ok(!twofold.verified && twofold.code === 'timestamp_signature_unsupported', JSON.stringify(twofold));
    const weak = await verify(await pss.sign('any-rsa', 'sha1', '20'));
    assert.ok(!weak.verified && weak.code === 'timestamp_digest_unsupported', JSON.stringify(weak));
  });

  test('with a wrong byte anywhere verify nowhere', async () => {
    const token = await pss.sign('pss-alone', 'sha256', 'digest');
    const step = Math.ceil(token.length / 200);
    for (let at = randomInt(step); at < token.length; at += step) {
      const changed = token.slice();
      changed[at]! ^= 1 << randomInt(8);
      const verdict = await verify(changed);
      assert.ok(!verdict.verified, `byte ${at} of ${token.length}`);
      assert.doesNotMatch(verdict.message, /cannot be judged/, `byte ${at}: an exception nobody thought of`);
    }
  });
});
