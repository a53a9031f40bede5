import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Why no authority of openssl can be run here, or false. */
export const opensslMissing: string | false = (() => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'openssl, which plays the timestamp authority, is not on the PATH';
  }
})();

export const policies = { first: '1.3.6.1.4.1.55555.1', second: '1.3.6.1.4.1.55555.2' };

export interface OpensslAuthority {
  url: string;
  folder: string;
  /** PEM files: what a verifier trusts, and what it may use on the way. */
  rootFile: string;
  chainFile: string;
  /** DER of the root. */
  root: Uint8Array;
  /** Requests that came in. */
  asked: number;
  /** What the authority does with a request instead of answering it, until it is unset. */
  instead: ((query: Buffer, response: ServerResponse) => void) | undefined;
  reply(query: Uint8Array): Promise<Buffer>;
  /** `openssl ts -verify` of an answer for a digest: what it prints; throws when it refuses. */
  verify(answer: Uint8Array, digest: Uint8Array): Promise<string>;
  close(): Promise<void>;
}

/** A timestamp authority with a root, an intermediate and a signer of its own, run by `openssl ts -reply` behind HTTP on loopback. */
export async function startOpensslAuthority({
  keys = 'ec',
  signerDigest = 'sha256',
  certificateId = 'sha256',
}: {
  keys?: 'ec' | 'rsa';
  signerDigest?: 'sha256' | 'sha384' | 'sha512';
  /** What ESSCertID is made with; sha1 gives the first version of it. */
  certificateId?: 'sha1' | 'sha256' | 'sha512';
} = {}): Promise<OpensslAuthority> {
  const folder = mkdtempSync(join(tmpdir(), 'sealstream-tsa-'));
  const path = (name: string): string => join(folder, name);
  writeFileSync(path('serial'), '1000\n');
  writeFileSync(path('tsa.conf'), configuration({ folder, signerDigest, certificateId }));
  await makeChain({ folder, keys });

  let turn: Promise<unknown> = Promise.resolve();
  let nth = 0;
  const reply = (query: Uint8Array): Promise<Buffer> => {
    const name = `q${++nth}`;
    const work = turn.then(async () => {
      writeFileSync(path(`${name}.tsq`), query);
      const files = ['-queryfile', path(`${name}.tsq`), '-out', path(`${name}.tsr`)];
      await run('openssl', ['ts', '-reply', '-config', path('tsa.conf'), '-section', 'tsa', ...files]);
      return readFileSync(path(`${name}.tsr`));
    });
    turn = work.catch(() => {});
    return work;
  };

  const authority: OpensslAuthority = {
    url: '',
    folder,
    rootFile: path('root.pem'),
    chainFile: path('intermediate.pem'),
    root: Uint8Array.from(Buffer.from(derOf(readFileSync(path('root.pem'), 'latin1')))),
    asked: 0,
    instead: undefined,
    reply,
    async verify(answer, digest) {
      writeFileSync(path('verify.tsr'), answer);
      const files = ['-in', path('verify.tsr'), '-CAfile', path('root.pem'), '-untrusted', path('intermediate.pem')];
      const hex = Buffer.from(digest).toString('hex');
      const { stdout, stderr } = await run('openssl', ['ts', '-verify', '-digest', hex, ...files]);
      return stdout + stderr;
    },
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await turn;
      rmSync(folder, { recursive: true, force: true });
    },
  };
  const server = createServer(async (request, response) => {
    authority.asked += 1;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const query = Buffer.concat(chunks);
    if (authority.instead) return authority.instead(query, response);
    if (request.headers['content-type'] !== 'application/timestamp-query') return void response.writeHead(415).end();
    const answer = await reply(query);
    response.writeHead(200, { 'content-type': 'application/timestamp-reply' }).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  authority.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return authority;
}

const derOf = (pem: string): Buffer => Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64');

async function makeChain({ folder, keys }: { folder: string; keys: 'ec' | 'rsa' }): Promise<void> {
  const path = (name: string): string => join(folder, name);
  const kind =
    keys === 'ec'
      ? ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']
      : ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'];
  writeFileSync(
    path('extensions.conf'),
    [
      '[intermediate]\nbasicConstraints=critical,CA:true,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign',
      '[signer]\nbasicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping',
    ].join('\n'),
  );
  const make = async (name: string, subject: string, issuer?: string): Promise<void> => {
    await run('openssl', ['genpkey', ...kind, '-out', path(`${name}.key`)]);
    const request = ['req', '-new', '-key', path(`${name}.key`), '-subj', subject, '-sha256'];
    if (!issuer) {
      const extensions = ['-addext', 'basicConstraints=critical,CA:true', '-addext', 'keyUsage=critical,keyCertSign'];
      await run('openssl', [...request, '-x509', '-days', '30', ...extensions, '-out', path(`${name}.pem`)]);
      return;
    }
    await run('openssl', [...request, '-out', path(`${name}.csr`)]);
    const by = ['-CA', path(`${issuer}.pem`), '-CAkey', path(`${issuer}.key`), '-CAcreateserial', '-days', '20'];
    const extensions = ['-extfile', path('extensions.conf'), '-extensions', name];
    await run('openssl', [
      'x509',
      '-req',
      '-in',
      path(`${name}.csr`),
      ...by,
      ...extensions,
      '-out',
      path(`${name}.pem`),
    ]);
  };
  await make('root', '/O=Test Time/CN=Test Time Root');
  await make('intermediate', '/O=Test Time/CN=Test Time Issuing', 'root');
  await make('signer', '/O=Test Time/CN=Test Time Stamping', 'intermediate');
}

const configuration = (given: { folder: string; signerDigest: string; certificateId: string }): string => `
[tsa]
dir = ${given.folder}
serial = $dir/serial
signer_cert = $dir/signer.pem
certs = $dir/intermediate.pem
signer_key = $dir/signer.key
signer_digest = ${given.signerDigest}
default_policy = ${policies.first}
other_policies = ${policies.second}
digests = sha256, sha384, sha512
accuracy = secs:1, millisecs:500
ess_cert_id_alg = ${given.certificateId}
`;
