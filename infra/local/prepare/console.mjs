import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { runCommand } from './command.mjs';

/** What the page is made of: its own room, what it shares with the services, and the versions of what is bundled. */
const SOURCE_FOLDERS = ['services/console', 'services/core'];
const SOURCE_FILES = ['package-lock.json'];

/** SHA-256 over names and contents, as of build.mjs. */
function sourceHash(root) {
  const files = SOURCE_FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name)),
  );
  const hash = createHash('sha256');
  for (const file of [...SOURCE_FILES.map((name) => join(root, name)), ...files].sort()) {
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex');
}

/** Within the folder that Vite empties: a build that was broken off has no stamp. */
const stampFile = (root) => join(root, 'dist', 'console', '.build');

export function consoleIsFresh(root) {
  const stamp = stampFile(root);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === sourceHash(root);
}

export async function buildConsole(root) {
  const hash = sourceHash(root);
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const args = [vite, 'build', '--logLevel', 'warn', join('services', 'console')];
  await runCommand({ command: process.execPath, args, cwd: root });
  writeFileSync(stampFile(root), hash);
}
