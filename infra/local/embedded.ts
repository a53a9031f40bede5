import { LocalError } from './errors.js';
import { clickhousePart } from './parts/clickhouse.js';
import { kafkaPart } from './parts/kafka.js';
import type { Part, PartName } from './parts/part.js';
import { redisPart } from './parts/redis.js';
import { startChild } from './start-child.js';
import { type Child, type ChildEvents, createChild } from './supervisor/child.js';
import { type DataFolder, openDataFolder } from './supervisor/data-folder.js';
import { parentDeathLauncher } from './supervisor/parent-death.js';
import { endOrphans } from './supervisor/pid-files.js';
import { stablePorts } from './supervisor/ports.js';
import { neverRestart, type RestartPolicy } from './supervisor/restart-policy.js';

const PORT_NAMES = {
  kafka: ['kafka', 'kafkaController'],
  clickhouse: ['clickhouse'],
  redis: ['redis'],
} as const;

export type PortName = (typeof PORT_NAMES)[PartName][number];

export const portNamesOf = (parts: readonly PartName[]): PortName[] => parts.flatMap((part) => [...PORT_NAMES[part]]);

/** Describes parts without starting anything. Ports must hold those that `portNamesOf(parts)` names. */
export function describeParts({
  parts,
  folder,
  ports,
  env,
}: {
  parts: readonly PartName[];
  folder: DataFolder;
  ports: Readonly<Record<PortName, number>>;
  env: NodeJS.ProcessEnv;
}): Part[] {
  const describe: Record<PartName, () => Part> = {
    kafka: () => kafkaPart({ folder, ports, env }),
    clickhouse: () => clickhousePart({ folder, port: ports.clickhouse, env }),
    redis: () => redisPart({ folder, port: ports.redis, env }),
  };
  return parts.map((name) => describe[name]());
}

/** Prepares and starts one part, and waits until it answers. */
export async function startPart({ part, child }: { part: Part; child: Child }): Promise<void> {
  await part.prepare();
  await startChild({ child, isReady: part.isReady, readyTimeoutMs: part.readyTimeoutMs });
}

export interface EmbeddedPart {
  pid(): number | undefined;
  /** Starts it again, on the same port and data, and waits until it answers. */
  start(): Promise<void>;
  /** Ends it in good order and waits. */
  stop(): Promise<void>;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
}

export interface EmbeddedStack {
  /** KAFKA_BROKERS, CLICKHOUSE_URL, REDIS_URL of the parts asked for. */
  readonly addresses: Readonly<Record<string, string>>;
  part(name: PartName): EmbeddedPart;
  stop(): Promise<void>;
}

const SILENT: ChildEvents = { exited() {} };

/**
 * Real parts on a folder of their own, for tests and benches; ports are free ones. Nothing is restarted unless
 * `restart` says so. The folder stays after `stop()`, and starting on it again finds the data.
 */
export async function startEmbedded({
  dataDir,
  parts,
  env,
  restart = () => neverRestart,
}: {
  dataDir: string;
  parts: readonly PartName[];
  /** The environment that the parts inherit. */
  env: NodeJS.ProcessEnv;
  restart?: () => RestartPolicy;
}): Promise<EmbeddedStack> {
  const folder = openDataFolder(dataDir);
  await endOrphans({ run: folder.run, stopTimeoutMs: 5_000, killTimeoutMs: 5_000 });
  const ports = await stablePorts({ portsFile: folder.portsFile, names: portNamesOf(parts) });
  const launcher = parentDeathLauncher();
  const running = describeParts({ parts, folder, ports: ports as Record<PortName, number>, env }).map((part) => ({
    part,
    child: createChild({ spec: part.spec, folder, launcher, restart: restart(), events: SILENT }),
  }));
  const stop = async () => {
    await Promise.all(running.map(({ child }) => child.stop()));
  };
  const started = await Promise.allSettled(running.map(startPart));
  const failed = started.find((result) => result.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  return {
    addresses: Object.fromEntries(running.map(({ part }) => [part.address.variable, part.address.value])),
    part(name) {
      const found = running.find(({ part }) => part.spec.name === name);
      if (!found) throw new LocalError('part_missing', `this stack was started without ${name}`);
      const { child } = found;
      return { pid: child.pid, start: () => startPart(found), stop: child.stop, kill: child.kill };
    },
    stop,
  };
}
