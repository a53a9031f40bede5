import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../services/core/paths.js';

export const checkoutFolder = packageRoot();

/** Compiled files, by their path below dist. */
export const distFile = (path: string): string => join(checkoutFolder, 'dist', path);

/** Where prepare/kafka-libs.mjs puts the jars of the pinned Kafka. */
export function kafkaLibsFolder(): string {
  const pom = readFileSync(join(checkoutFolder, 'infra/local/kafka/pom.xml'), 'utf8');
  const version = /<kafka\.version>([^<]+)</.exec(pom)?.[1];
  return join(checkoutFolder, '.cache', `kafka-${version}`);
}
