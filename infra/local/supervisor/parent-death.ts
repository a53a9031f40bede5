import { spawnSync } from 'node:child_process';

const LAUNCHER = ['setpriv', '--pdeathsig', 'TERM', '--'] as const;

/**
 * Words to put before a command so that the kernel sends it SIGTERM when its parent dies, however that dies
 * (prctl(2), PR_SET_PDEATHSIG; it outlives exec, so the pid is the program's own). Java and Redis cannot watch a pipe;
 * this is how they notice. Empty where util-linux' setpriv is missing: the next start then ends the orphans.
 */
export function parentDeathLauncher(): readonly string[] {
  const [command, ...args] = LAUNCHER;
  return spawnSync(command, [...args, 'true'], { stdio: 'ignore' }).status === 0 ? LAUNCHER : [];
}
