import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder with package.json in it; this file runs as dist/infra/local/checkout.js. */
export const checkoutFolder = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

/** Compiled files, by their path below dist. */
export const distFile = (path: string): string => join(checkoutFolder, 'dist', path);

/** Where prepare/kafka-libs.mjs puts the jars of the pinned Kafka. */
export function kafkaLibsFolder(): string {
  const pom = readFileSync(join(checkoutFolder, 'infra/local/kafka/pom.xml'), 'utf8');
  const version = /<kafka\.version>([^<]+)</.exec(pom)?.[1];
  return join(checkoutFolder, '.cache', `kafka-${version}`);
}
