import { type Environment, readEnvironment } from './config.js';
import type { Deployment } from './judge/index.js';
import { ed25519PublicKey, keyIdOf } from './seal/signature.js';

export interface Topics {
  events: string;
  registry: string;
}

/** The pinned identity of the deployment, as every reader is told it. */
export function createDeployment(audience: string, rawRootPublicKey: Buffer): Deployment {
  return {
    audience,
    rootPublicKey: ed25519PublicKey(rawRootPublicKey),
    rootKeyId: keyIdOf(rawRootPublicKey).toString('hex'),
  };
}

export function readDeployment(environment: Environment): { deployment: Deployment; topics: Topics } {
  const env = readEnvironment(environment);
  return {
    deployment: createDeployment(env.text('SEALSTREAM_AUDIENCE'), env.base64('SEALSTREAM_ROOT_PUBLIC_KEY', 32)),
    topics: {
      events: env.text('SEALSTREAM_EVENTS_TOPIC', 'audit.events'),
      registry: env.text('SEALSTREAM_REGISTRY_TOPIC', 'audit.registry'),
    },
  };
}
