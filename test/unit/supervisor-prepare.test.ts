import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../../services/core/paths.js';
import { temporaryFolder } from '../support/stack-instance.js';

/** What runs before anything is built is plain JavaScript, outside dist. */
const prepareModule = <T>(name: string): Promise<T> =>
  import(pathToFileURL(join(packageRoot(), 'infra/local/prepare', name)).href) as Promise<T>;

const { packagesAreInstalled } = await prepareModule<{ packagesAreInstalled(root: string): boolean }>('packages.mjs');
const { sourceHash, buildIsFresh } = await prepareModule<{
  sourceHash(root: string): string;
  buildIsFresh(root: string): boolean;
}>('build.mjs');
const { kafkaLibsAreThere, kafkaLibsFolder, fetchKafkaLibs } = await prepareModule<{
  kafkaLibsAreThere(root: string): boolean;
  kafkaLibsFolder(root: string): string;
  fetchKafkaLibs(root: string): Promise<void>;
}>('kafka-libs.mjs');
const { createProgress } = await prepareModule<{
  createProgress(io: { write(line: string): void; now(): number }): {
    step(name: string, run: () => Promise<unknown>): Promise<unknown>;
  };
}>('progress.mjs');
const { runCommand } = await prepareModule<{
  runCommand(of: { command: string; args: string[]; cwd: string }): Promise<void>;
}>('command.mjs');

const temporary = temporaryFolder();
after(() => temporary.remove());
let checkouts = 0;
const checkoutOf = (files: Record<string, string>) => {
  const root = join(temporary.path, `checkout${checkouts++}`);
  for (const [name, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), contents);
  }
  return root;
};
const lock = (packages: Record<string, object>) => JSON.stringify({ packages: { '': {}, ...packages } });

describe('npm packages', () => {
  const wanted = lock({
    'node_modules/a': { version: '1.0.0' },
    'node_modules/elsewhere': { version: '2.0.0', optional: true },
  });
  const cases: [what: string, installed: string | undefined, expected: boolean][] = [
    ['are installed again where there are none', undefined, false],
    ['are left alone where they are what the lock file asks for', wanted, true],
    ['are left alone where only another platform’s are absent', lock({ 'node_modules/a': { version: '1.0.0' } }), true],
    ['are installed again after a version changed', lock({ 'node_modules/a': { version: '0.9.0' } }), false],
    ['are installed again when one is absent', lock({}), false],
  ];
  for (const [what, installed, expected] of cases) {
    test(what, () => {
      const hidden = installed === undefined ? {} : { 'node_modules/.package-lock.json': installed };
      assert.equal(packagesAreInstalled(checkoutOf({ 'package-lock.json': wanted, ...hidden })), expected);
    });
  }
});

describe('the build', () => {
  const files = { 'tsconfig.json': '{}', 'package.json': '{}', 'services/a.ts': 'export {};', 'services/notes.md': '' };

  test('is fresh as long as every source has the contents it was built from', () => {
    const root = checkoutOf(files);
    assert.equal(buildIsFresh(root), false);
    mkdirSync(join(root, 'dist'));
    writeFileSync(join(root, 'dist/.build'), sourceHash(root));
    assert.equal(buildIsFresh(root), true);
    writeFileSync(join(root, 'services/notes.md'), 'changed');
    assert.equal(buildIsFresh(root), true, 'notes are not built');
    for (const change of [
      () => writeFileSync(join(root, 'services/a.ts'), 'export const a = 1;'),
      () => rmSync(join(root, 'services/a.ts')),
      () => writeFileSync(join(root, 'tsconfig.json'), '{"include": []}'),
    ]) {
      change();
      assert.equal(buildIsFresh(root), false);
      writeFileSync(join(root, 'services/a.ts'), files['services/a.ts']);
    }
  });
});

describe('Kafka’s jars', () => {
  const pom = '<kafka.version>4.1.1</kafka.version>';
  /** A checkout, and a Maven on the PATH that copies what `script` says into "$folder". */
  const withMaven = async (script: string, work: (root: string) => Promise<void>) => {
    const root = checkoutOf({
      'infra/local/kafka/pom.xml': pom,
      'bin/mvn': `#!/bin/sh\nfor word; do case "$word" in -DoutputDirectory=*) folder="\${word#*=}";; esac; done\n${script}\n`,
    });
    chmodSync(join(root, 'bin/mvn'), 0o755);
    const before = process.env.PATH;
    process.env.PATH = `${join(root, 'bin')}:${before}`;
    try {
      await work(root);
    } finally {
      process.env.PATH = before;
    }
  };

  test('are moved in place whole, and not fetched again until the pom changes', async () => {
    await withMaven('touch "$folder/kafka_2.13-4.1.1.jar"', async (root) => {
      assert.equal(kafkaLibsAreThere(root), false);
      await fetchKafkaLibs(root);
      assert.equal(kafkaLibsAreThere(root), true);
      assert.ok(existsSync(join(root, '.cache/kafka-4.1.1/kafka_2.13-4.1.1.jar')));
      writeFileSync(join(root, 'infra/local/kafka/pom.xml'), `${pom}<!-- another jar -->`);
      assert.equal(kafkaLibsAreThere(root), false);
      await fetchKafkaLibs(root);
      assert.equal(kafkaLibsAreThere(root), true);
    });
  });

  test('of a download that failed halfway are not taken for all of them', async () => {
    await withMaven('touch "$folder/half.jar"; echo "no route to the repository"; exit 1', async (root) => {
      await assert.rejects(fetchKafkaLibs(root), /mvn[\s\S]* exited 1:\nno route to the repository/);
      assert.equal(existsSync(kafkaLibsFolder(root)), false);
    });
  });

  test('that Maven did not copy are missed at once', async () => {
    await withMaven('exit 0', async (root) => {
      await assert.rejects(fetchKafkaLibs(root), /copied no Kafka jar/);
      assert.equal(kafkaLibsAreThere(root), false);
    });
  });

  test('are of the version that the checkout’s pom pins', () => {
    const pinned = readFileSync(join(packageRoot(), 'infra/local/kafka/pom.xml'), 'utf8');
    assert.match(pinned, /<kafka\.version>\d+\.\d+\.\d+<\/kafka\.version>/);
    assert.match(kafkaLibsFolder(packageRoot()), /\.cache\/kafka-\d+\.\d+\.\d+$/);
  });
});

describe('what the person at the terminal reads', () => {
  test('fits 80 columns, with the time at the head of the line', async () => {
    const lines: string[] = [];
    let at = 0;
    const progress = createProgress({ write: (line) => lines.push(line), now: () => at });
    await progress.step(`apt-get install ${'package '.repeat(12)}`, async () => {
      at = 12_340;
    });
    assert.equal(lines.length, 2);
    for (const line of lines) assert.ok(line.length <= 80);
    assert.match(lines[1]!, /^sealstream: done in 12\.3 s: apt-get install package/);
  });

  test('shows the first and the last of a failed command’s output', async () => {
    const script =
      "console.log('the cause'); console.log('x'.repeat(50000)); console.log('the end'); process.exitCode = 7";
    const run = runCommand({ command: process.execPath, args: ['-e', script], cwd: temporary.path });
    await assert.rejects(run, (error: Error) => {
      assert.match(error.message, /exited 7:\nthe cause\n[\s\S]*…[\s\S]*the end$/);
      assert.ok(error.message.length < 4_000);
      return true;
    });
  });
});
