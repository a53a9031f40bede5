// `npm run test:schemathesis [-- OPTION…]`: Schemathesis against a gateway that has events stored, with all its checks. It makes requests
// from /openapi.json, right ones and wrong ones, and holds the answers against it. Options go to `schemathesis run`.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../services/core/paths.js';
import { createGatewayWorld, startTestGateway } from '../support/gateway.js';
import { startConsumerOf } from '../support/gateway-consumer.js';
import { startEmbedded } from '../support/stack.js';
import { fillGateway } from './made-up-days.js';
import { installPythonTool, runShown } from './python-tool.js';

const requirement = 'schemathesis==4.32.5';
const configFile = join(packageRoot(), 'test', 'fuzz', 'schemathesis.toml');
const parts = { kafka: 'KAFKA_BROKERS', clickhouse: 'CLICKHOUSE_URL', redis: 'REDIS_URL' } as const;

/** The parts that the environment names none of are started. */
async function startParts(dataDir: string): Promise<() => Promise<void>> {
  const wanted = (Object.keys(parts) as (keyof typeof parts)[]).filter((part) => !process.env[parts[part]]);
  if (wanted.length === 0) return async () => {};
  const stack = await startEmbedded({ dataDir, parts: wanted, env: process.env });
  Object.assign(process.env, stack.addresses);
  return () => stack.stop();
}

async function run(options: readonly string[]): Promise<number> {
  const dataDir = mkdtempSync(join(tmpdir(), 'sealstream-schemathesis-'));
  const closers: (() => Promise<unknown>)[] = [async () => rmSync(dataDir, { recursive: true, force: true })];
  try {
    const folder = process.env.SEALSTREAM_SCHEMATHESIS ?? dataDir;
    const schemathesis = await installPythonTool({ folder, requirement, executable: 'schemathesis' });
    closers.unshift(await startParts(dataDir));
    const world = await createGatewayWorld();
    closers.unshift(world.remove);
    const gateway = await startTestGateway(world, { level: 'error' });
    closers.unshift(() => gateway.stop());
    const consumer = await startConsumerOf(world);
    closers.unshift(() => consumer.stop());
    await fillGateway(gateway);
    return await runShown(
      schemathesis,
      ['--config-file', configFile, 'run', `${gateway.url}/openapi.json`, ...options],
      { SEALSTREAM_API_KEY: world.adminKey },
    );
  } finally {
    for (const close of closers) await close().catch((error) => process.stderr.write(`${error}\n`));
  }
}

process.exitCode = await run(process.argv.slice(2));
