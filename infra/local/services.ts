import { join } from 'node:path';
import type { LogIdentity } from './log-identity.js';

/** Where the services of this start listen, and who the deployment is. */
export interface ServiceContext {
  readonly host: string;
  readonly port: number;
  /** A port on loopback for each service's own health and metrics. */
  readonly metricsPort: number;
  /** On loopback, by the names that services ask for. */
  readonly ports: Readonly<Record<string, number>>;
  readonly dataDir: string;
  readonly log: LogIdentity;
  readonly keyFiles: {
    readonly rootKey: string;
    readonly gatewayKey: string;
    readonly secret: string;
    readonly adminKey: string;
    readonly logKey: string;
    readonly witnessKey: string;
  };
}

/** A service as the supervisor runs it: `node dist/ENTRY`, with what all get (see service-environment.ts) and `env`. */
export interface ServiceSpec {
  readonly name: string;
  /** Below dist. */
  readonly entry: string;
  /** False: it serves /readyz on a port of its own (the gateway), and gets no metrics port. */
  readonly hasMetricsPort: boolean;
  /** Further ports that it listens on, or asks others at. */
  readonly ports?: readonly string[];
  env(context: ServiceContext): Record<string, string>;
  /** Answers 200 when the service can do its work. */
  readyUrl(context: ServiceContext): string;
}

const metrics = ({ metricsPort }: ServiceContext) => ({ SEALSTREAM_METRICS_PORT: String(metricsPort) });
const readyOnMetricsPort = ({ metricsPort }: ServiceContext) => `http://127.0.0.1:${metricsPort}/readyz`;

/** Listening on every address includes loopback, and is no address to connect to. */
const reachable = (host: string) => (host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host);

/** Brackets around an IPv6 address, as a URL wants them. */
export const httpUrl = ({ host, port }: { host: string; port: number }): string => {
  const name = reachable(host);
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
};

/** Where the witness takes checkpoints. */
const witnessPort = 'witness-log';
export const logFolder = ({ dataDir }: Pick<ServiceContext, 'dataDir'>): string => join(dataDir, 'transparency-log');

/** Everything that `npm start` runs besides the parts, in the order of starting; stopped the other way round. */
export const services: readonly ServiceSpec[] = [
  {
    name: 'consumer',
    entry: 'services/consumer/main.js',
    hasMetricsPort: true,
    env: metrics,
    readyUrl: readyOnMetricsPort,
  },
  {
    name: 'alerts',
    entry: 'services/alerts/main.js',
    hasMetricsPort: true,
    env: (context) => ({
      ...metrics(context),
      SEALSTREAM_SECRET_FILE: context.keyFiles.secret,
      SEALSTREAM_PUBLIC_URL: httpUrl(context),
    }),
    readyUrl: readyOnMetricsPort,
  },
  {
    name: 'witness',
    entry: 'services/witness/main.js',
    hasMetricsPort: true,
    ports: [witnessPort],
    env: (context) => ({
      ...metrics(context),
      SEALSTREAM_WITNESS_NAME: context.log.witnessName,
      SEALSTREAM_WITNESS_KEY_FILE: context.keyFiles.witnessKey,
      SEALSTREAM_WITNESS_LOGS: context.log.logVkeys.join(','),
      SEALSTREAM_WITNESS_DIR: join(context.dataDir, 'witness'),
      SEALSTREAM_WITNESS_PORT: String(context.ports[witnessPort]),
    }),
    readyUrl: readyOnMetricsPort,
  },
  {
    name: 'sealer',
    entry: 'services/sealer/main.js',
    hasMetricsPort: true,
    env: (context) => ({
      ...metrics(context),
      SEALSTREAM_LOG_DIR: logFolder(context),
      SEALSTREAM_LOG_KEY_FILE: context.log.logKeyFiles.join(','),
      SEALSTREAM_OWN_WITNESS: `http://127.0.0.1:${context.ports[witnessPort]} ${context.log.witnessVkey}`,
    }),
    readyUrl: readyOnMetricsPort,
  },
  {
    name: 'verifier',
    entry: 'services/fsck/main.js',
    hasMetricsPort: true,
    env: (context) => ({ ...metrics(context), SEALSTREAM_LOG_DIR: logFolder(context) }),
    readyUrl: readyOnMetricsPort,
  },
  {
    name: 'gateway',
    entry: 'services/gateway/main.js',
    hasMetricsPort: false,
    env: ({ host, port, keyFiles, dataDir }) => ({
      SEALSTREAM_LOG_DIR: logFolder({ dataDir }),
      SEALSTREAM_HOST: host,
      SEALSTREAM_PORT: String(port),
      SEALSTREAM_ROOT_KEY_FILE: keyFiles.rootKey,
      SEALSTREAM_GATEWAY_KEY_FILE: keyFiles.gatewayKey,
      SEALSTREAM_SECRET_FILE: keyFiles.secret,
      SEALSTREAM_ADMIN_KEY_FILE: keyFiles.adminKey,
    }),
    readyUrl: (context) => `${httpUrl(context)}/readyz`,
  },
];
