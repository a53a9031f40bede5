import { distFile } from './checkout.js';
import type { SupervisorConfig } from './config.js';
import { describeParts, type PortName, portNamesOf, startPart } from './embedded.js';
import { LocalError } from './errors.js';
import { type DeploymentIdentity, openIdentity } from './identity.js';
import { logIdentity } from './log-identity.js';
import type { Part, PartName } from './parts/part.js';
import { isOnLoopback, waitReachable } from './reachable.js';
import { type Addresses, serviceEnvironment, toolEnvironment } from './service-environment.js';
import { httpUrl, type ServiceContext, type ServiceSpec } from './services.js';
import { setUp } from './set-up.js';
import { signInLink } from './sign-in-link.js';
import { answersOk, startChild } from './start-child.js';
import type { ChildEvents } from './supervisor/child.js';
import { type Children, createChildren } from './supervisor/children.js';
import { type DataFolder, openDataFolder, removeFile, writePrivateFile } from './supervisor/data-folder.js';
import { formatEnvFile } from './supervisor/env-file.js';
import { type FolderLock, lockFolder } from './supervisor/lock.js';
import { endOrphans, removePidFile, writePidFile } from './supervisor/pid-files.js';
import { assertPortFree, readPorts, stablePorts } from './supervisor/ports.js';

const PARTS: readonly PartName[] = ['kafka', 'clickhouse', 'redis'];
const EXTERNAL_TIMEOUT_MS = 60_000;
const SERVICE_READY_TIMEOUT_MS = 60_000;
const SERVICE_STOP_TIMEOUT_MS = 15_000;
const ORPHAN_TIMEOUTS = { stopTimeoutMs: 8_000, killTimeoutMs: 5_000 };
const PID_NAME = 'supervisor';

export interface Supervisor {
  /** Resolves when every service is ready. On failure everything started is stopped before it throws. */
  start(): Promise<{ url: string; link: string | undefined }>;
  /** Services, then parts, in bounded time; then the folder is free for the next start. Safe to call twice. */
  stop(): Promise<void>;
  /** SIGKILL for everything, now. */
  kill(): Promise<void>;
  /** Settles when a child ends again and again and is given up. */
  readonly failed: Promise<LocalError>;
}

/**
 * Runs one instance on its data folder: parts, topics, migrations, services, in this order. `env` is what children
 * inherit; `say` takes one line for the person who started it.
 */
export function createSupervisor({
  config,
  services,
  env,
  say,
}: {
  config: SupervisorConfig;
  services: readonly ServiceSpec[];
  env: NodeJS.ProcessEnv;
  say: (line: string) => void;
}): Supervisor {
  let giveUp: (error: LocalError) => void;
  const failed = new Promise<LocalError>((resolve) => {
    giveUp = resolve;
  });
  let lock: FolderLock | undefined;
  let children: Children | undefined;
  let folder: DataFolder | undefined;
  let stopped: Promise<void> | undefined;
  let ready = false;

  const events: ChildEvents = {
    exited(child, { code, signal }, restartInMs) {
      if (!ready) return; // Whoever waits for it to get ready says so.
      const how = signal ? `was ended by ${signal}` : `exited ${code}`;
      const log = `Its log: ${child.logFile}`;
      if (restartInMs === undefined) giveUp(new LocalError('part_failed', `${child.name} ${how} too often. ${log}`));
      else say(`${child.name} ${how}; next start in ${restartInMs / 1000} s. ${log}`);
    },
  };
  const timed = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    const startedAt = Date.now();
    const result = await work();
    if (!stopped) say(`${what} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
    return result;
  };

  const release = async () => {
    await children?.stop();
    if (folder && lock) {
      removeFile(folder.envFile);
      removePidFile({ run: folder.run, name: PID_NAME });
    }
    lock?.release();
  };
  const stop = () => {
    stopped ??= release();
    return stopped;
  };

  const start = async () => {
    folder = openDataFolder(config.dataDir);
    lock = lockFolder({ lockFile: folder.lockFile, folder: folder.root });
    const ended = await endOrphans({ run: folder.run, ...ORPHAN_TIMEOUTS });
    if (ended.length > 0) say(`ended what an earlier start had left: ${ended.join(', ')}`);
    writePidFile({ run: folder.run, name: PID_NAME, pid: process.pid });
    const { ports, parts, external } = await plan({ config, services, env, folder });
    const identity = openIdentity({ keys: folder.keys });
    children = createChildren({ folder, events });
    const addresses = await startParts({ parts, external, children });
    const { partitions } = await timed('topics and tables are there', () => setUp({ config, addresses }));
    if (partitions !== config.partitions) {
      say(`${config.topics.events} keeps its ${partitions} partitions; SEALSTREAM_PARTITIONS is for a new topic`);
    }
    await startServices({ addresses, identity, ports, children, folder });
    ready = true;
    const url = httpUrl(config);
    lock.announce(url);
    const isGateway = services.some(({ name }) => name === 'gateway');
    return { url, link: isGateway ? await signInLink({ url, adminKey: identity.adminKey }) : undefined };
  };

  const startParts = async ({
    parts,
    external,
    children,
  }: {
    parts: readonly Part[];
    external: Partial<Addresses>;
    children: Children;
  }) => {
    const embedded = parts.map((part) => ({ part, child: children.add(part.spec, 'parts') }));
    await Promise.all([
      ...embedded.map((one) => timed(`${one.part.spec.name} is ready`, () => startPart(one))),
      ...Object.entries(external).map(([part, address]) =>
        waitReachable({
          part: part as PartName,
          address,
          timeoutMs: EXTERNAL_TIMEOUT_MS,
          onWait: (where) => say(`waiting for ${part} at ${where}`),
          stopped: () => stopped !== undefined,
        }),
      ),
    ]);
    const own = Object.fromEntries(parts.map(({ spec, address }) => [spec.name, address.value]));
    return { ...own, ...external } as Addresses;
  };

  const startServices = async ({
    addresses,
    identity,
    ports,
    children,
    folder,
  }: {
    addresses: Addresses;
    identity: DeploymentIdentity;
    ports: Readonly<Record<string, number>>;
    children: Children;
    folder: DataFolder;
  }) => {
    if (stopped) return;
    writePrivateFile(folder.envFile, formatEnvFile(toolEnvironment({ config, identity, addresses })));
    const shared = {
      ...env,
      ...serviceEnvironment({ config, identity, addresses }),
      KAFKAJS_NO_PARTITIONER_WARNING: '1',
    };
    await Promise.all(
      services.map((service) => {
        const context: ServiceContext = {
          host: config.host,
          port: config.port,
          metricsPort: ports[service.name] ?? 0,
          ports,
          dataDir: folder.root,
          log: logIdentity(identity),
          keyFiles: identity.files,
        };
        const spec = {
          name: service.name,
          command: process.execPath,
          args: [distFile(service.entry)],
          env: { ...shared, ...service.env(context) },
          cwd: folder.root,
          isNode: true,
          stopTimeoutMs: SERVICE_STOP_TIMEOUT_MS,
        };
        const child = children.add(spec, 'services');
        const isReady = () => answersOk(service.readyUrl(context));
        return timed(`${service.name} is ready`, () =>
          startChild({ child, isReady, readyTimeoutMs: SERVICE_READY_TIMEOUT_MS }),
        );
      }),
    );
  };

  return {
    async start() {
      try {
        return await start();
      } catch (error) {
        await stop();
        throw error;
      }
    },
    stop,
    async kill() {
      await children?.kill();
      lock?.release();
    },
    failed,
  };
}

/** Which parts run here and on which ports. Throws before anything is started when a port is taken. */
async function plan({
  config,
  services,
  env,
  folder,
}: {
  config: SupervisorConfig;
  services: readonly ServiceSpec[];
  env: NodeJS.ProcessEnv;
  folder: DataFolder;
}) {
  const kept = readPorts(folder.portsFile);
  const external: Partial<Record<PartName, string>> = { ...config.external };
  for (const part of PARTS) {
    // Whoever sourced our env file and starts from that shell means this instance, not another one.
    const address = external[part];
    if (address !== undefined && isOnLoopback({ part, address, port: kept[part] })) delete external[part];
  }
  const embedded = PARTS.filter((part) => external[part] === undefined);
  const withPorts = services.flatMap(({ name, hasMetricsPort, ports = [] }) => [
    ...(hasMetricsPort ? [name] : []),
    ...ports,
  ]);
  await assertPortFree({
    port: config.port,
    host: config.host,
    purpose: 'the console and API',
    fix: 'End that program, or set SEALSTREAM_PORT to another port.',
  });
  const ports = await stablePorts({ portsFile: folder.portsFile, names: [...portNamesOf(embedded), ...withPorts] });
  const parts = describeParts({ parts: embedded, folder, ports: ports as Record<PortName, number>, env });
  return { ports, parts, external };
}
