// `npm test [-- WORD…] [--no-build]`: prepares, starts one throw-away stack of real parts, runs the tests of dist/test
// whose path holds one of the words (all without words), stops the stack and removes its folder. Addresses set in the
// environment (KAFKA_BROKERS, CLICKHOUSE_URL, REDIS_URL) are used instead of a part started here.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { PrepareFailure } from './prepare/failure.mjs';
import { prepare, root, runToExit } from './prepare/prepare.mjs';
import { createProgress } from './prepare/progress.mjs';
import { embeddedParts } from './prepare/system.mjs';

/** Those that drive the console in a browser are run on demand: `npm run test:console`. */
const FOLDERS = ['unit', 'integration', 'fault', 'e2e', ...(process.env.SEALSTREAM_TEST_BROWSER ? ['browser'] : [])];
/** One more than two cores: many wait for a session to end or a part to come back. */
const CONCURRENT_FILES = 3;
/** For a single test, and for a file as a whole: a hang shall cost minutes, not the run. */
const TIMEOUT_MS = Number(process.env.SEALSTREAM_TEST_TIMEOUT_MS ?? 300_000);

const words = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const rebuild = !process.argv.includes('--no-build');

function testFiles() {
  const dist = join(root, 'dist', 'test');
  const files = FOLDERS.map((name) => join(dist, name))
    .filter(existsSync)
    .flatMap((folder) => readdirSync(folder, { recursive: true }).map((name) => join(folder, name)))
    .filter((file) => file.endsWith('.test.js'))
    .sort();
  const asPath = (word) => word.replace(/^(dist\/)?(test\/)?/, '').replace(/\.(ts|js)$/, '');
  return words.length === 0
    ? files
    : files.filter((file) => words.some((word) => relative(dist, file).includes(asPath(word))));
}

/** The first of Ctrl-C and its kin goes to the tests, if they run yet; we stay to take the stack down after them. */
function interruption() {
  let signal;
  let child;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(name, () => {
      signal = name;
      child?.kill(name);
    });
  }
  return {
    happened: () => signal !== undefined,
    passTo(runner) {
      child = runner;
    },
  };
}

function runTests({ files, env, interrupted }) {
  const limits = [`--test-concurrency=${CONCURRENT_FILES}`, `--test-timeout=${TIMEOUT_MS}`];
  return new Promise((resolve, reject) => {
    const args = ['--test', '--test-reporter=spec', ...limits, ...files];
    const runner = spawn(process.execPath, args, { cwd: root, env, stdio: 'inherit' });
    interrupted.passTo(runner);
    runner.on('error', reject);
    runner.on('exit', (code) => resolve(code ?? 1));
  });
}

await runToExit(async () => {
  const progress = createProgress();
  const embedded = embeddedParts(process.env);
  await prepare({ parts: embedded, rebuild, progress });
  const files = testFiles();
  if (files.length === 0) throw new PrepareFailure(`No test matches: ${words.join(' ')}`);
  const { startEmbedded } = await import('../../dist/infra/local/embedded.js');
  const dataDir = mkdtempSync(join(tmpdir(), 'sealstream-test-'));
  const parts = Object.keys(embedded).filter((name) => embedded[name]);
  const env = { ...process.env, KAFKAJS_NO_PARTITIONER_WARNING: '1' };
  const interrupted = interruption();
  try {
    const stack = await progress.step(`test stack (${parts.join(', ')})`, () => startEmbedded({ dataDir, parts, env }));
    try {
      process.exitCode = interrupted.happened()
        ? 1
        : await runTests({ files, env: { ...env, ...stack.addresses }, interrupted });
    } finally {
      await stack.stop();
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});
