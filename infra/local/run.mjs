// `node infra/local/run.mjs FILE …`: prepares, then runs dist/FILE with the addresses of the running instance (the env
// file in its data folder). Variables that are set already win. Where nothing runs, FILE decides what that means.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { PrepareFailure } from './prepare/failure.mjs';
import { prepare, root, runToExit } from './prepare/prepare.mjs';
import { embeddedParts } from './prepare/system.mjs';

await runToExit(async () => {
  const [file, ...args] = process.argv.slice(2);
  if (!file) throw new PrepareFailure('usage: node infra/local/run.mjs FILE [ARGUMENT…], FILE below dist');
  const envFile = join(resolve(process.env.SEALSTREAM_DATA ?? join(root, '.sealstream')), 'env');
  const instance = existsSync(envFile) ? parseEnv(readFileSync(envFile, 'utf8')) : {};
  const env = { ...instance, ...process.env, KAFKAJS_NO_PARTITIONER_WARNING: '1' };
  await prepare({ parts: embeddedParts(env) });
  const entry = join(root, 'dist', file);
  if (!existsSync(entry)) throw new PrepareFailure(`${entry} does not exist.`);
  const child = spawn(process.execPath, [entry, ...args], { env, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal ? 1 : code));
});
