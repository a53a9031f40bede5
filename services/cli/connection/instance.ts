import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { type Environment, readEnvironment } from '../../core/config.js';
import { CliError } from '../errors.js';

/** The folder in which an instance on this machine keeps its data. */
export const dataFolder = ({ env, cwd }: { env: Environment; cwd: string }): string =>
  resolve(cwd, readEnvironment(env).text('SEALSTREAM_DATA', '.sealstream'));

/** The `env` file that a running instance leaves in its data folder. Undefined where none runs. */
export function readInstance(folder: string): Environment | undefined {
  const file = join(folder, 'env');
  try {
    return parseEnv(readFileSync(file, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code === 'EACCES') throw new CliError('no_instance', `${file} may be read only by who started the instance.`);
    throw error;
  }
}
