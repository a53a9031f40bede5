import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Runs a program to its end, its output shown as it comes; resolves to its exit code. */
export function runShown(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...env } });
    const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
    process.on('SIGINT', pass).on('SIGTERM', pass);
    child.on('error', reject);
    child.on('exit', (code) => {
      process.off('SIGINT', pass).off('SIGTERM', pass);
      resolve(code ?? 1);
    });
  });
}

/** Installs a Python program into an environment of its own below `folder`, where it is not yet; the path of its executable. */
export async function installPythonTool({
  folder,
  requirement,
  executable,
}: {
  folder: string;
  /** As pip takes it, with a version. */
  requirement: string;
  executable: string;
}): Promise<string> {
  const venv = join(folder, 'venv');
  const installed = join(venv, 'bin', executable);
  if (existsSync(installed)) return installed;
  const must = async (what: string, command: string, args: readonly string[]): Promise<void> => {
    const code = await runShown(command, args).catch((error: Error) => error.message);
    if (code !== 0) throw new Error(`${what} failed (${code}); on Debian: apt-get install python3 python3-venv`);
  };
  await must('making a Python environment', 'python3', ['-m', 'venv', venv]);
  await must(`installing ${requirement}`, join(venv, 'bin', 'pip'), ['install', '--quiet', requirement]);
  return installed;
}
