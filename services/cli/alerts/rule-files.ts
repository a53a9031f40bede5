import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { RuleSource } from '../../alerts/rules/index.js';
import { messageOf } from '../../core/errors.js';
import { usageError } from '../errors.js';
import type { Surroundings } from '../surroundings.js';

const isRuleFile = (name: string): boolean => /\.(ya?ml|json)$/i.test(name);

/** Reads files, all files with rules of folders, and standard input as `-`. Throws a usage error for what cannot be read. */
export async function readRuleFiles(
  names: readonly string[],
  { cwd, stdin }: Pick<Surroundings, 'cwd' | 'stdin'>,
): Promise<RuleSource[]> {
  const sources: RuleSource[] = [];
  for (const name of names) {
    if (name === '-') sources.push({ source: 'standard input', text: await text(stdin) });
    else sources.push(...readNamed(name, cwd));
  }
  return sources;
}

function readNamed(name: string, cwd: string): RuleSource[] {
  try {
    const path = resolve(cwd, name);
    if (!statSync(path).isDirectory()) return [{ source: name, text: readFileSync(path, 'utf8') }];
    const below = readdirSync(path).filter(isRuleFile).sort();
    if (below.length === 0) throw usageError(`${name} holds no .yml, .yaml or .json file`);
    return below.map((file) => ({ source: join(name, file), text: readFileSync(join(path, file), 'utf8') }));
  } catch (error) {
    if ((error as { code?: string }).code === 'usage') throw error;
    throw usageError(`${name} cannot be read: ${messageOf(error)}`);
  }
}
