import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './command.mjs';
import { PrepareFailure } from './failure.mjs';

const pomFile = (root) => join(root, 'infra', 'local', 'kafka', 'pom.xml');
const pomHash = (root) =>
  createHash('sha256')
    .update(readFileSync(pomFile(root)))
    .digest('hex');

/** `.cache/kafka-VERSION`, VERSION as the pom pins it. parts/kafka-libs.ts finds the same folder. */
export function kafkaLibsFolder(root) {
  const version = /<kafka\.version>([^<]+)</.exec(readFileSync(pomFile(root), 'utf8'))?.[1];
  if (!version) throw new PrepareFailure(`${pomFile(root)} pins no kafka.version`);
  return join(root, '.cache', `kafka-${version}`);
}

export function kafkaLibsAreThere(root) {
  const stamp = join(kafkaLibsFolder(root), 'pom.sha256');
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === pomHash(root);
}

/** Copies into a folder of its own and moves it in place whole, so that an interrupted download leaves no half. */
export async function fetchKafkaLibs(root) {
  const folder = kafkaLibsFolder(root);
  const partial = `${folder}.partial-${process.pid}`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  try {
    const args = ['-q', '-B', '-f', pomFile(root), 'dependency:copy-dependencies', '-DincludeScope=runtime'];
    await runCommand({ command: 'mvn', args: [...args, `-DoutputDirectory=${partial}`], cwd: root });
    if (!readdirSync(partial).some((name) => /^kafka_2\.13-.*\.jar$/.test(name))) {
      throw new PrepareFailure('Maven ended without an error, but copied no Kafka jar');
    }
    writeFileSync(join(partial, 'pom.sha256'), pomHash(root));
    moveInPlace({ root, partial, folder });
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

function moveInPlace({ root, partial, folder }) {
  if (!kafkaLibsAreThere(root)) rmSync(folder, { recursive: true, force: true });
  try {
    renameSync(partial, folder);
  } catch (error) {
    // Another start of this checkout was faster: its copy is as good as ours.
    if (!kafkaLibsAreThere(root)) throw error;
  }
}
