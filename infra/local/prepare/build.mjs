import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { runCommand } from './command.mjs';

const SOURCE_FOLDERS = ['services', 'infra', 'test', 'schemas'];
const BUILD_FILES = ['tsconfig.json', 'package.json'];

const filesBelow = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    : [];

/** SHA-256 over names and contents of everything the build reads. Contents, not times: git sets times freely. */
export function sourceHash(root) {
  const hash = createHash('sha256');
  const sources = SOURCE_FOLDERS.flatMap((folder) => filesBelow(join(root, folder))).filter((file) =>
    /\.(ts|avsc)$/.test(file),
  );
  for (const file of [...BUILD_FILES.map((name) => join(root, name)), ...sources].sort()) {
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex');
}

const stampFile = (root) => join(root, 'dist', '.build');

export function buildIsFresh(root) {
  const stamp = stampFile(root);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === sourceHash(root);
}

/** A removed source leaves its output behind, and a removed test would go on running: take those out. */
function removeOrphanedOutputs(root) {
  const dist = join(root, 'dist');
  for (const file of filesBelow(dist)) {
    if (!file.endsWith('.js.map')) continue;
    const base = file.slice(0, -'.js.map'.length);
    if (existsSync(`${join(root, relative(dist, base))}.ts`)) continue;
    for (const suffix of ['.js', '.js.map', '.d.ts']) rmSync(base + suffix, { force: true });
  }
}

export async function build(root) {
  const hash = sourceHash(root);
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  await runCommand({ command: process.execPath, args: [tsc, '-p', 'tsconfig.json', '--pretty', 'false'], cwd: root });
  removeOrphanedOutputs(root);
  mkdirSync(join(root, 'dist'), { recursive: true });
  const next = `${stampFile(root)}.${process.pid}`;
  writeFileSync(next, hash);
  renameSync(next, stampFile(root));
}
