import { SealstreamError } from '../../services/core/errors.js';
import { readSupervisorConfig } from './config.js';
import type { ServiceSpec } from './services.js';
import { createSupervisor, type Supervisor } from './supervisor.js';

const say = (line: string) => process.stdout.write(`sealstream: ${line}\n`);

function complain(error: unknown): void {
  // Our own errors are written for whoever started us; anything else is a fault of ours and shows where.
  const text = error instanceof SealstreamError ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`\n${text}\n`);
}

/** The first signal stops in order and exits 0, the second kills and exits 1. Returns whether one came. */
function stopOnSignal(supervisor: Supervisor): () => boolean {
  let signalled = false;
  const onSignal = async (signal: NodeJS.Signals) => {
    if (signalled) {
      await supervisor.kill();
      process.exit(1);
    }
    signalled = true;
    say(`${signal}: stopping (once more: at once)`);
    await supervisor.stop();
    say('stopped');
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void onSignal(signal));
  return () => signalled;
}

async function run({ supervisor, signalled }: { supervisor: Supervisor; signalled: () => boolean }): Promise<void> {
  try {
    const { url, link } = await supervisor.start();
    if (!signalled()) {
      process.stdout.write(`sealstream ready: ${url}\n`);
      if (link) say(`sign in (once, within 15 minutes): ${link}`);
    }
    throw await supervisor.failed;
  } catch (error) {
    // A start that is stopped halfway fails, as it should; the signal's own stop then ends the process.
    if (signalled()) return;
    complain(error);
    await supervisor.stop();
    process.exit(1);
  }
}

/** Runs one instance in this process until a signal ends it (exit 0) or it cannot go on (a message, exit 1). */
export async function runSupervisor({
  services,
  env,
  cwd,
}: {
  services: readonly ServiceSpec[];
  env: NodeJS.ProcessEnv;
  cwd: string;
}): Promise<void> {
  // A terminal that is gone is no reason to leave the parts running unwatched.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  try {
    const config = readSupervisorConfig({ env, cwd });
    const supervisor = createSupervisor({ config, services, env, say });
    await run({ supervisor, signalled: stopOnSignal(supervisor) });
  } catch (error) {
    complain(error);
    process.exit(1);
  }
}
