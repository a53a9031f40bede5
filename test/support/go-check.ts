import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../services/core/paths.js';

const run = promisify(execFile);

/** What the program of test/conformance/go counts. */
export interface GoReport {
  size: number;
  checkpoints: number;
  cosignatures: number;
  entries: number;
  tiles: number;
  inclusion: number;
  consistency: number;
  givenProofs: number;
}

/** Why the check with Go is not run here, or false where it is: it builds for a minute the first time, so it is asked for. */
export async function whyNoGo(): Promise<string | false> {
  if (process.env.SEALSTREAM_TEST_GO !== '1') return 'SEALSTREAM_TEST_GO is not 1: npm run test:go';
  const version = await run('go', ['version']).catch(() => undefined);
  return version ? false : 'no Go toolchain: go is not in PATH';
}

/** Builds the program into the folder; what it gives checks a log's folder and throws with the program's message. */
export async function buildGoCheck(folder: string): Promise<(...args: string[]) => Promise<GoReport>> {
  const program = join(folder, 'check');
  await run('go', ['build', '-o', program, '.'], { cwd: join(packageRoot(), 'test', 'conformance', 'go') });
  return async (...args) => JSON.parse((await run(program, args)).stdout) as GoReport;
}
