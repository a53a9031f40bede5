import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './command.mjs';

/**
 * Whether node_modules holds what package-lock.json asks for. Versions are compared, not file times: a fresh
 * checkout of the same lock file is no reason to install again. Optional packages may be absent (other platforms).
 */
export function packagesAreInstalled(root) {
  const installedFile = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || entry.link) return true;
    const found = installed[path];
    return found === undefined ? entry.optional === true : found.version === entry.version;
  });
}

/** npm itself when npm runs us (npm_execpath), else the one on the PATH. */
export async function installPackages(root) {
  const npm = process.env.npm_execpath;
  const [command, first] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  await runCommand({ command, args: [...first, 'ci', '--no-fund', '--no-audit', '--loglevel=error'], cwd: root });
}
