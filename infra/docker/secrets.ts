import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeploymentIdentity } from '../local/identity.js';
import { type LogIdentity, logIdentity, logPublicKeys } from '../local/log-identity.js';

/** Where the parts of a compose project answer, and what they are told apart by. */
export interface ComposeSettings {
  /** `host:port` each. */
  kafka: string;
  clickhouse: string;
  redis: string;
  witness: string;
  database: string;
}

export interface Passwords {
  clickhouse: string;
  redis: string;
}

const user = 'sealstream';
/** What one container alone mounts may be read by whatever user its image runs as. */
const everyone = 0o644;
const folderMode = 0o755;

/** Whole or not at all. */
function put(folder: string, name: string, contents: string): void {
  mkdirSync(folder, { recursive: true, mode: folderMode });
  const next = join(folder, `.${name}.next`);
  writeFileSync(next, contents, { mode: everyone, flush: true });
  chmodSync(next, everyone);
  renameSync(next, join(folder, name));
}

/** For `node --env-file`: what services are told, passwords included. */
export function putSettings(
  folder: string,
  { settings, passwords, identity }: { settings: ComposeSettings; passwords: Passwords; identity: DeploymentIdentity },
): void {
  const env = {
    KAFKA_BROKERS: settings.kafka,
    CLICKHOUSE_URL: `http://${user}:${passwords.clickhouse}@${settings.clickhouse}`,
    CLICKHOUSE_DATABASE: settings.database,
    REDIS_URL: `redis://:${passwords.redis}@${settings.redis}`,
    SEALSTREAM_AUDIENCE: identity.audience,
    SEALSTREAM_ROOT_PUBLIC_KEY: identity.rootPublicKey,
    SEALSTREAM_LOG_PUBLIC_KEY: logPublicKeys(identity),
    SEALSTREAM_OWN_WITNESS: `http://${settings.witness} ${logIdentity(identity).witnessVkey}`,
  };
  const lines = Object.entries(env).map(([name, value]) => `${name}=${value}\n`);
  put(folder, 'env', lines.join(''));
}

/** Mode 0600: only the user that all of our own containers run as. */
export function putKey(folder: string, name: string, pem: string): void {
  put(folder, name, pem);
  chmodSync(join(folder, name), 0o600);
}

/** For `node --env-file` of the witness, which is told of nothing but the log: no passwords, no addresses. */
export function putWitnessSettings(folder: string, { witnessName, logVkeys }: LogIdentity): void {
  put(folder, 'env', `SEALSTREAM_WITNESS_NAME=${witnessName}\nSEALSTREAM_WITNESS_LOGS=${logVkeys.join(',')}\n`);
}

/** The server gets the hash of its one user's password and never the password. */
export function putClickHouseUser(folder: string, password: string): void {
  const hash = createHash('sha256').update(password).digest('hex');
  put(
    folder,
    'sealstream.xml',
    `<clickhouse>
  <users>
    <default remove="remove"/>
    <${user}>
      <password_sha256_hex>${hash}</password_sha256_hex>
      <networks><ip>::/0</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
    </${user}>
  </users>
</clickhouse>
`,
  );
}

/** A full Redis refuses a write, and forgets none. */
export function putRedisConf(folder: string, password: string): void {
  put(
    folder,
    'redis.conf',
    `bind 0.0.0.0
port 6379
requirepass ${password}
dir /data
appendonly yes
appendfsync everysec
save ""
maxmemory 512mb
maxmemory-policy noeviction
`,
  );
}
