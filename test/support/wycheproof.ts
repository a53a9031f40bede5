import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../services/core/paths.js';

const run = promisify(execFile);

export interface EddsaVectors {
  algorithm: string;
  numberOfTests: number;
  testGroups: {
    publicKey: { pk: string };
    tests: { tcId: number; comment: string; flags: string[]; msg: string; sig: string; result: 'valid' | 'invalid' }[];
  }[];
}

/**
 * The test vectors of Wycheproof (C2SP, Apache-2.0): the Go module github.com/c2sp/wycheproof at the version of test/conformance/wycheproof/go.mod,
 * its contents checked against the go.sum beside it. It is of 26 MB, so it is got only where SEALSTREAM_TEST_VECTORS is 1, into Go's module
 * cache; once it is there, every run uses it. Where it is not, the reason.
 */
export async function findWycheproof(): Promise<{ folder: string; version: string } | { missing: string }> {
  const fetching = process.env.SEALSTREAM_TEST_VECTORS === '1';
  try {
    const { stdout } = await run('go', ['mod', 'download', '-json', 'github.com/c2sp/wycheproof'], {
      cwd: join(packageRoot(), 'test', 'conformance', 'wycheproof'),
      env: { ...process.env, GOFLAGS: '', ...(fetching ? {} : { GOPROXY: 'off' }) },
      timeout: fetching ? 240_000 : 20_000,
    });
    const { Dir: folder, Version: version } = JSON.parse(stdout) as { Dir: string; Version: string };
    return { folder, version };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (code === 'ENOENT')
      return { missing: 'no Go toolchain: the vectors come as a Go module, and go is not in PATH' };
    if (!fetching) return { missing: 'the vectors are not in the module cache: npm run test:vectors gets them' };
    return { missing: `the vectors cannot be got: ${(stdout + stderr).replace(/\s+/g, ' ').slice(0, 300)}` };
  }
}

export const readEddsaVectors = (folder: string): EddsaVectors =>
  JSON.parse(readFileSync(join(folder, 'testvectors_v1', 'ed25519_test.json'), 'utf8')) as EddsaVectors;
