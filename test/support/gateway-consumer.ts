import { defaultRangeLimits } from '../../services/consumer/range.js';
import { quickFetch, startTestConsumer, type TestConsumer } from './delivering.js';
import type { GatewayWorld } from './gateway.js';
import { uniqueName } from './stack.js';

/** A consumer that stores what a gateway of this world publishes. */
export const startConsumerOf = ({ config }: GatewayWorld): Promise<TestConsumer> =>
  startTestConsumer({
    brokers: [...config.addresses.kafkaBrokers],
    clickhouseUrl: String(config.addresses.clickhouseUrl),
    database: config.addresses.clickhouseDatabase,
    topics: config.topics,
    groupId: uniqueName('consumer', '-'),
    audience: config.deployment.audience,
    rootPublicKey: config.rootKey.publicKey.toString('base64'),
    fetch: quickFetch,
    bounds: defaultRangeLimits,
  });
