import { ADDRESS_VARIABLE, type SupervisorConfig } from './config.js';
import type { DeploymentIdentity } from './identity.js';
import { logPublicKeys } from './log-identity.js';
import type { PartName } from './parts/part.js';
import { httpUrl, logFolder } from './services.js';

export type Addresses = Readonly<Record<PartName, string>>;

/** What every service is told: where the parts are, and which deployment this is. */
export function serviceEnvironment({
  config,
  identity,
  addresses,
}: {
  config: SupervisorConfig;
  identity: DeploymentIdentity;
  addresses: Addresses;
}): Record<string, string> {
  return {
    [ADDRESS_VARIABLE.kafka]: addresses.kafka,
    [ADDRESS_VARIABLE.clickhouse]: addresses.clickhouse,
    [ADDRESS_VARIABLE.redis]: addresses.redis,
    CLICKHOUSE_DATABASE: config.database,
    SEALSTREAM_DATA: config.dataDir,
    SEALSTREAM_AUDIENCE: identity.audience,
    SEALSTREAM_ROOT_PUBLIC_KEY: identity.rootPublicKey,
    SEALSTREAM_LOG_PUBLIC_KEY: logPublicKeys(identity),
    SEALSTREAM_EVENTS_TOPIC: config.topics.events,
    SEALSTREAM_REGISTRY_TOPIC: config.topics.registry,
    SEALSTREAM_ALERTS_TOPIC: config.topics.alerts,
  };
}

/** What the running instance leaves in its `env` file, for tools and the CLI: the same, and the way in. */
export function toolEnvironment(of: {
  config: SupervisorConfig;
  identity: DeploymentIdentity;
  addresses: Addresses;
}): Record<string, string> {
  return {
    ...serviceEnvironment(of),
    SEALSTREAM_LOG_DIR: logFolder(of.config),
    SEALSTREAM_URL: httpUrl(of.config),
    SEALSTREAM_API_KEY: of.identity.adminKey,
  };
}
