// A gateway as a process of its own, to be killed at a step of an erasure: `fork(file, [JSON.stringify(task)])`. It composes the product's gateway.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createDeployment } from '../../services/core/deployment.js';
import { createLogger } from '../../services/core/log.js';
import { type SigningKey, signingKeyFromPem } from '../../services/core/seal/index.js';
import { readAdminKey } from '../../services/gateway/auth/admin-key.js';
import type { GatewayConfig } from '../../services/gateway/config.js';
import type { WorkStep } from '../../services/gateway/erasure/work.js';
import { openGateway } from '../../services/gateway/gateway.js';
import { quickErasures } from './erasing.js';
import type { GatewayWorld } from './gateway.js';

interface Task {
  addresses: { kafkaBrokers: readonly string[]; clickhouseUrl: string; clickhouseDatabase: string; redisUrl: string };
  topics: { events: string; registry: string };
  audience: string;
  rootKey: string;
  gatewayKey: string;
  secret: string;
  adminKey: string;
  limits: GatewayConfig['limits'];
  killAt: WorkStep | undefined;
}

export interface ErasingChild {
  /** Resolves with the signal that ended it. */
  ended: Promise<string | null>;
  stop(): Promise<void>;
}

const file = fileURLToPath(import.meta.url);
const pem = (key: SigningKey): string => String(key.privateKey.export({ type: 'pkcs8', format: 'pem' }));

/** Works on what is asked for, and kills itself behind the step. */
export function startErasingChild({ config, adminKey }: GatewayWorld, killAt?: WorkStep): ErasingChild {
  const { addresses, topics, deployment, rootKey, gatewayKey, secret, limits } = config;
  const task: Task = {
    addresses: { ...addresses, clickhouseUrl: addresses.clickhouseUrl.href },
    topics: { events: topics.events, registry: topics.registry },
    audience: deployment.audience,
    rootKey: pem(rootKey),
    gatewayKey: pem(gatewayKey),
    secret: secret.toString('hex'),
    adminKey,
    limits,
    killAt,
  };
  const child = fork(file, [JSON.stringify(task)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = once(child, 'exit').then(([, signal]) => signal as string | null);
  return {
    ended,
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

async function run(task: Task): Promise<void> {
  const rootKey = signingKeyFromPem(task.rootKey);
  const gateway = await openGateway({
    config: {
      addresses: {
        ...task.addresses,
        kafkaBrokers: [...task.addresses.kafkaBrokers],
        clickhouseUrl: new URL(task.addresses.clickhouseUrl),
      },
      deployment: createDeployment(task.audience, rootKey.publicKey),
      topics: task.topics,
      host: '127.0.0.1',
      port: 0,
      rootKey,
      gatewayKey: signingKeyFromPem(task.gatewayKey),
      secret: Buffer.from(task.secret, 'hex'),
      admin: readAdminKey(task.adminKey),
      accessLog: 'off',
      limits: task.limits,
      erasures: {
        ...quickErasures,
        onStep: (step) => {
          if (step === task.killAt) process.kill(process.pid, 'SIGKILL');
        },
      },
    },
    log: createLogger('gateway', 'error'),
  });
  await gateway.ready;
  await once(process, 'disconnect');
  await gateway.stop();
  process.exit(0);
}

if (process.argv[1] === file) await run(JSON.parse(process.argv[2]!) as Task);
