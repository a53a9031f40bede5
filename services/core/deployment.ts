import { type Environment, readEnvironment } from './config.js';
import type { Deployment } from './judge/index.js';
import { ed25519PublicKey, keyIdOf } from './seal/signature.js';

export interface Topics {
  events: string;
  registry: string;
}

const defaultTopics: Topics = { events: 'audit.events', registry: 'audit.registry' };

/** What reads the topics, each in a consumer group of its own. */
const groups = {
  consumer: { variable: 'SEALSTREAM_CONSUMER_GROUP', name: 'sealstream-consumer' },
  alerts: { variable: 'SEALSTREAM_ALERTS_GROUP', name: 'sealstream-alerts' },
  sealer: { variable: 'SEALSTREAM_SEALER_GROUP', name: 'sealstream.sealer' },
} as const;

/**
 * The consumer group of a part: what its variable says, or else the part's name, followed by the events topic's where that is not the usual
 * one. Deployments that share a Kafka differ in their topics, and members of one group that subscribe to different topics starve each other.
 */
export function readGroup(environment: Environment, part: keyof typeof groups, { events }: Topics): string {
  const { variable, name } = groups[part];
  return readEnvironment(environment).text(variable, events === defaultTopics.events ? name : `${name}.${events}`);
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
      events: env.text('SEALSTREAM_EVENTS_TOPIC', defaultTopics.events),
      registry: env.text('SEALSTREAM_REGISTRY_TOPIC', defaultTopics.registry),
    },
  };
}
