/** Where the services of this start listen, and who the deployment is. */
export interface ServiceContext {
  readonly host: string;
  readonly port: number;
  /** A port on loopback for each service's own health and metrics. */
  readonly metricsPort: number;
  readonly keyFiles: {
    readonly rootKey: string;
    readonly gatewayKey: string;
    readonly secret: string;
    readonly adminKey: string;
  };
}

/** A service as the supervisor runs it: `node dist/ENTRY`, with what all get (see service-environment.ts) and `env`. */
export interface ServiceSpec {
  readonly name: string;
  /** Below dist. */
  readonly entry: string;
  /** False: it serves /readyz on a port of its own (the gateway), and gets no metrics port. */
  readonly hasMetricsPort: boolean;
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
    name: 'gateway',
    entry: 'services/gateway/main.js',
    hasMetricsPort: false,
    env: ({ host, port, keyFiles }) => ({
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
