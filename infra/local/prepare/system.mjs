import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findOnPath, runCommand } from './command.mjs';
import { kafkaLibsAreThere } from './kafka-libs.mjs';

const JAVA_MAJOR = 17;

function javaMajor() {
  if (!findOnPath('java')) return undefined;
  const { stderr } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const version = /version "(\d+)(?:\.(\d+))?/.exec(stderr ?? '');
  return version ? Number(version[1] === '1' ? version[2] : version[1]) : undefined;
}

/** Which parts run embedded: those whose address the environment does not name. */
export function embeddedParts(env) {
  return { kafka: !env.KAFKA_BROKERS, clickhouse: !env.CLICKHOUSE_URL, redis: !env.REDIS_URL };
}

/**
 * Programs the embedded parts need and this machine lacks:
 * [{ what, part, variable, aptPackage }], empty where nothing is missing.
 */
export function missingPrograms({ root, parts }) {
  const missing = [];
  if (parts.kafka) {
    const kafka = { part: 'Kafka', variable: 'KAFKA_BROKERS' };
    const major = javaMajor();
    if (major === undefined || major < JAVA_MAJOR) {
      const found = major === undefined ? 'none on the PATH' : `found Java ${major}`;
      missing.push({ ...kafka, what: `Java ${JAVA_MAJOR} or later (${found})`, aptPackage: 'default-jre-headless' });
    }
    if (!kafkaLibsAreThere(root) && !findOnPath('mvn')) {
      missing.push({ ...kafka, what: 'Maven (mvn, none on the PATH)', aptPackage: 'maven' });
    }
  }
  if (parts.redis && !findOnPath('redis-server')) {
    const what = 'redis-server (none on the PATH)';
    missing.push({ part: 'Redis', variable: 'REDIS_URL', what, aptPackage: 'redis-server' });
  }
  return missing;
}

/** Installing is tried only where it needs no question: as root, where apt is. */
export function canInstallWithApt() {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version') && findOnPath('apt-get') !== undefined;
}

export async function installWithApt(packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = () =>
    runCommand({ command: 'apt-get', args: ['install', '-y', '-q', '--no-install-recommends', ...packages], env });
  try {
    await install();
  } catch {
    // A fresh image has no package lists, and old lists name versions that are gone: fetch them once.
    await runCommand({ command: 'apt-get', args: ['update', '-q'], env });
    await install();
  }
}

/** chdb is an optional package: npm leaves it out, without an error, where no build of it exists. */
export function chdbIsInstalled(root) {
  return existsSync(join(root, 'node_modules', 'chdb', 'package.json'));
}

/** One message for everything missing: what, for which part, and the ways out. */
export function missingMessage(missing) {
  const lines = ['Something that the embedded parts need is missing:'];
  for (const { what, part } of missing) lines.push(`  ${what}, for ${part}`);
  const packages = [...new Set(missing.map(({ aptPackage }) => aptPackage).filter(Boolean))];
  const variables = [...new Set(missing.map(({ variable }) => variable))];
  lines.push('Two ways out:');
  lines.push(
    packages.length > 0
      ? `  1. install it (Debian, Ubuntu: apt-get install ${packages.join(' ')}),`
      : '  1. run on a platform that has it (Linux or macOS; x64 or arm64),',
  );
  lines.push(`  2. or use one that runs elsewhere: set ${variables.join(' and ')},`);
  lines.push('     for instance to what `docker compose up` started.');
  lines.push('Nothing was started.');
  return lines.join('\n');
}
