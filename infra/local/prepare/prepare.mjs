// Makes a checkout ready to run: packages, build, and the programs of the embedded parts. Plain JavaScript without
// dependencies, because it runs before there are any. Installing overlaps where the steps do not need each other.
import { fileURLToPath } from 'node:url';
import { build, buildIsFresh } from './build.mjs';
import { buildConsole, consoleIsFresh } from './console.mjs';
import { PrepareFailure } from './failure.mjs';
import { fetchKafkaLibs, kafkaLibsAreThere } from './kafka-libs.mjs';
import { installPackages, packagesAreInstalled } from './packages.mjs';
import { createProgress } from './progress.mjs';
import {
  canInstallWithApt,
  chdbIsInstalled,
  embeddedParts,
  installWithApt,
  missingMessage,
  missingPrograms,
} from './system.mjs';

export const root = fileURLToPath(new URL('../../../', import.meta.url));

const NODE_NEEDED = [20, 19];

function checkNode(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  const enough = major > NODE_NEEDED[0] || (major === NODE_NEEDED[0] && minor >= NODE_NEEDED[1]);
  if (!enough) throw new PrepareFailure(`Node ${NODE_NEEDED.join('.')} or later is needed; this is ${version}.`);
}

async function preparePackages({ progress, parts, rebuild }) {
  if (!packagesAreInstalled(root)) await progress.step('npm packages', () => installPackages(root));
  if (parts.clickhouse && !chdbIsInstalled(root)) {
    const what = `the npm package chdb (none for ${process.platform}-${process.arch})`;
    throw new PrepareFailure(missingMessage([{ what, part: 'ClickHouse', variable: 'CLICKHOUSE_URL' }]));
  }
  if (rebuild && !buildIsFresh(root)) await progress.step('build', () => build(root));
  if (rebuild && !consoleIsFresh(root)) await progress.step('console', () => buildConsole(root));
}

async function preparePrograms({ progress, parts, missing }) {
  if (missing.length > 0) {
    const packages = [...new Set(missing.map(({ aptPackage }) => aptPackage))];
    await progress.step(`apt-get install ${packages.join(' ')}`, () => installWithApt(packages));
    const still = missingPrograms({ root, parts });
    if (still.length > 0) throw new PrepareFailure(missingMessage(still));
  }
  if (parts.kafka && !kafkaLibsAreThere(root)) await progress.step('Kafka from Maven', () => fetchKafkaLibs(root));
}

/** `parts` says which run embedded; `rebuild: false` runs what dist holds. Throws a PrepareFailure to be printed. */
export async function prepare({
  parts = embeddedParts(process.env),
  rebuild = true,
  progress = createProgress(),
} = {}) {
  checkNode();
  const missing = missingPrograms({ root, parts });
  if (missing.length > 0 && !canInstallWithApt()) throw new PrepareFailure(missingMessage(missing));
  const results = await Promise.allSettled([
    preparePackages({ progress, parts, rebuild }),
    preparePrograms({ progress, parts, missing }),
  ]);
  const failed = results.find(({ status }) => status === 'rejected');
  if (failed) throw failed.reason;
}

/** Runs `main` and turns its failure into a message and an exit code. */
export async function runToExit(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof PrepareFailure)) throw error;
    process.stderr.write(`\n${error.message}\n`);
    process.exit(1);
  }
}
