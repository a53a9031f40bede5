import { readTargetPolicy, type TargetPolicy } from '../alerts/notify/index.js';
import { type Addresses, type Environment, readAddresses, readEnvironment } from '../core/config.js';
import { readDeployment, type Topics } from '../core/deployment.js';
import { messageOf, SealstreamError } from '../core/errors.js';
import type { Deployment } from '../core/judge/index.js';
import { type SigningKey, signingKeyFromPem } from '../core/seal/index.js';
import { certificatesFromPem } from '../core/timestamp/index.js';
import type { AppLimits } from './app.js';
import { type AdminKey, readAdminKey } from './auth/admin-key.js';
import { readSignIn, type SignInConfig } from './auth/sign-in-config.js';
import type { ErasureOptions } from './erasure/register.js';
import { readTrustedProxies, type TrustedProxies } from './http/client-address.js';
import type { Rate } from './http/token-buckets.js';
import { type AccessLogPlace, accessLogPlaces } from './watch/access-log.js';
import type { FindingsWatchSettings } from './watch/findings-watch.js';

export interface GatewayConfig {
  addresses: Addresses;
  deployment: Deployment;
  topics: Topics;
  /** Of changes of alerts; audit.alerts where absent. */
  alertsTopic?: string;
  /** What channels of alerts may reach; no inner addresses where absent. */
  alertTargets?: TargetPolicy;
  /** How findings of the judge are followed; the defaults where absent. */
  findingsWatch?: Partial<FindingsWatchSettings>;
  /** MMDB files with places of addresses, for backtests; those of installed packages where absent. */
  geoFiles?: readonly string[];
  /** The console's build; dist/console where absent. */
  pageFolder?: string;
  /** Where the sealer keeps the transparency log; nothing of it is served where absent. */
  logFolder?: string | undefined;
  /** Certificates of timestamping authorities that verdicts go by; without them nothing is said of time. */
  timestampRoots?: readonly Uint8Array[];
  host: string;
  port: number;
  /** Signs the registry and its markers. */
  rootKey: SigningKey;
  /** Signs what comes in over HTTP. */
  gatewayKey: SigningKey;
  /** Ids from Idempotency-Keys come of it. */
  secret: Buffer;
  admin: AdminKey;
  /** Where it is written down who looks at the log. */
  accessLog: AccessLogPlace;
  /** Whose word is taken for where a request comes from; nobody's where absent. */
  trustedProxies?: TrustedProxies | undefined;
  /** How erasures are worked on; the defaults where absent. */
  erasures?: ErasureOptions;
  /** How browsers sign in; the defaults where absent. */
  signIn?: Partial<SignInConfig>;
  limits: AppLimits & {
    /** Of events, for each API key. */
    eventRate: Rate;
    /** Of keys and organizations made, changed or ended, for each API key: every one of them stays for ever. */
    changeRate: Rate;
    /** Of tries to sign a browser in, good or bad. */
    signInRates: { address: Rate; identifier: Rate };
    /** How long a request waits for Kafka. */
    publishTimeoutMs: number;
  };
}

const secretBytes = 32;
const bad = (message: string): SealstreamError => new SealstreamError('config', message);

/** Reads the environment, and the key files that it names. Throws `config` naming the variable that is wrong. */
export function readConfig(environment: Environment): GatewayConfig {
  const env = readEnvironment(environment);
  const signingKey = (name: string): SigningKey => {
    const pem = env.file(name);
    try {
      return signingKeyFromPem(pem);
    } catch (error) {
      throw bad(`${name}=${env.text(name)}: ${messageOf(error)}`);
    }
  };
  const rate = (what: string, fallback: number, burstFactor = 2): Rate => {
    const [rateName, burstName] = [`SEALSTREAM_${what}S_PER_SECOND`, `SEALSTREAM_${what}_BURST`];
    const perSecond = env.integer(rateName, { fallback, min: 1, max: 1_000_000 });
    const burst = env.integer(burstName, { fallback: burstFactor * perSecond, min: 1, max: 10_000_000 });
    if (burst < perSecond) {
      throw bad(`${burstName}=${burst} is less than ${rateName}=${perSecond}: that rate could never be reached`);
    }
    return { perSecond, burst };
  };
  const perMinute = (name: string, fallback: number): Rate => {
    const burst = env.integer(name, { fallback, min: 1, max: 1_000_000 });
    return { perSecond: burst / 60, burst };
  };
  const { deployment, topics } = readDeployment(environment);
  const rootKey = signingKey('SEALSTREAM_ROOT_KEY_FILE');
  const gatewayKey = signingKey('SEALSTREAM_GATEWAY_KEY_FILE');
  if (rootKey.keyId.toString('hex') !== deployment.rootKeyId) {
    throw bad('SEALSTREAM_ROOT_KEY_FILE does not hold the key that SEALSTREAM_ROOT_PUBLIC_KEY pins');
  }
  if (rootKey.keyId.equals(gatewayKey.keyId)) {
    throw bad(
      'SEALSTREAM_ROOT_KEY_FILE and SEALSTREAM_GATEWAY_KEY_FILE hold the same key; the root key signs no events',
    );
  }
  const requestRate = rate('REQUEST', 1_000);
  const proxies = env.optional('SEALSTREAM_TRUSTED_PROXIES');
  return {
    addresses: readAddresses(environment),
    deployment,
    topics,
    alertsTopic: env.text('SEALSTREAM_ALERTS_TOPIC', 'audit.alerts'),
    alertTargets: readTargetPolicy(environment),
    geoFiles: env.list('SEALSTREAM_GEOIP_FILE', ''),
    logFolder: env.optional('SEALSTREAM_LOG_DIR'),
    timestampRoots:
      env.optional('SEALSTREAM_TIMESTAMP_ROOTS_FILE') === undefined
        ? []
        : readCertificates('SEALSTREAM_TIMESTAMP_ROOTS_FILE', env.file('SEALSTREAM_TIMESTAMP_ROOTS_FILE')),
    host: env.text('SEALSTREAM_HOST', '127.0.0.1'),
    port: env.integer('SEALSTREAM_PORT', { fallback: 8_080, min: 0, max: 65_535 }),
    rootKey,
    gatewayKey,
    secret: readSecret(env.file('SEALSTREAM_SECRET_FILE')),
    admin: readAdminKey(env.file('SEALSTREAM_ADMIN_KEY_FILE').toString('utf8')),
    accessLog: readAccessLogPlace(env.text('SEALSTREAM_ACCESS_LOG', 'system')),
    trustedProxies: proxies === undefined ? undefined : readTrustedProxies('SEALSTREAM_TRUSTED_PROXIES', proxies),
    signIn: readSignIn(environment),
    limits: {
      bodyBytes: env.integer('SEALSTREAM_BODY_LIMIT_BYTES', { fallback: 1_048_576, min: 1_024, max: 16_777_216 }),
      maxInFlight: env.integer('SEALSTREAM_MAX_IN_FLIGHT', { fallback: 256, min: 1, max: 10_000 }),
      publishTimeoutMs: env.integer('SEALSTREAM_PUBLISH_TIMEOUT_MS', { fallback: 10_000, min: 100, max: 120_000 }),
      requestRate,
      eventRate: rate('EVENT', 20_000),
      changeRate: rate('CHANGE', 5, 20),
      signInRates: {
        address: perMinute('SEALSTREAM_SIGN_INS_PER_ADDRESS', 60),
        identifier: perMinute('SEALSTREAM_SIGN_INS_PER_IDENTIFIER', 20),
      },
    },
  };
}

function readCertificates(name: string, contents: Buffer): Uint8Array[] {
  try {
    return certificatesFromPem(contents.toString('latin1'));
  } catch (error) {
    throw bad(`${name} holds no certificates in PEM: ${messageOf(error)}`);
  }
}

function readSecret(contents: Buffer): Buffer {
  const text = contents.toString('utf8').trim();
  if (!/^[0-9a-f]{64}$/i.test(text)) {
    throw bad(`SEALSTREAM_SECRET_FILE does not hold ${secretBytes} bytes in hex`);
  }
  return Buffer.from(text, 'hex');
}

function readAccessLogPlace(text: string): AccessLogPlace {
  const place = accessLogPlaces.find((known) => known === text);
  if (!place) throw bad(`SEALSTREAM_ACCESS_LOG=${text} is none of ${accessLogPlaces.join(', ')}`);
  return place;
}
