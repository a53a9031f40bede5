import { defaultRangeLimits } from '../../services/consumer/range.js';
import { type DeliveryConfig, quickFetch, startTestConsumer, type TestConsumer } from './delivering.js';
import type { GatewayWorld } from './gateway.js';
import { uniqueName } from './stack.js';

/** What a consumer or an engine of alerts beside the gateways of this world is told. */
export const deliveryConfigOf = (
  { config }: GatewayWorld,
  groupId: string = uniqueName('consumer', '-'),
): DeliveryConfig => ({
  brokers: [...config.addresses.kafkaBrokers],
  clickhouseUrl: String(config.addresses.clickhouseUrl),
  database: config.addresses.clickhouseDatabase,
  topics: config.topics,
  groupId,
  audience: config.deployment.audience,
  rootPublicKey: config.rootKey.publicKey.toString('base64'),
  fetch: quickFetch,
  bounds: defaultRangeLimits,
});

/** A consumer that stores what a gateway of this world publishes. */
export const startConsumerOf = (world: GatewayWorld, groupId?: string): Promise<TestConsumer> =>
  startTestConsumer(deliveryConfigOf(world, groupId));
