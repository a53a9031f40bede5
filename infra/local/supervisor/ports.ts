import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { LocalError } from '../errors.js';
import { writePrivateFile } from './data-folder.js';
import { portHolder } from './port-holder.js';

export const LOOPBACK = '127.0.0.1';

// Below Linux' and the IANA's ephemeral ranges, so that no outgoing connection takes a port between two starts.
const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 32_000;
const ATTEMPTS = 100;
const LOOKS = 10;
const LOOK_AGAIN_MS = 200;

export function portIsFree(port: number, host: string = LOOPBACK): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

async function chooseFreePort(taken: ReadonlySet<number>): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
    if (!taken.has(port) && (await portIsFree(port))) return port;
  }
  throw new LocalError('port_taken', `found no free port between ${LOWEST_PORT} and ${HIGHEST_PORT} on ${LOOPBACK}`);
}

/** The ports kept from the last start, by name; none on the first. */
export function readPorts(portsFile: string): Record<string, number> {
  try {
    return JSON.parse(readFileSync(portsFile, 'utf8')) as Record<string, number>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    const fix = 'Delete the file: ports are then chosen anew.';
    throw new LocalError('config_invalid', `${portsFile} is not readable as JSON. ${fix}`, { cause: error });
  }
}

export async function assertPortFree({
  port,
  host = LOOPBACK,
  purpose,
  fix,
}: {
  port: number;
  host?: string;
  purpose: string;
  fix: string;
}): Promise<void> {
  // A process that has just ended may hold its port for a moment more, and another that looks for a free one tries it: neither has a holder to name.
  let holder: ReturnType<typeof portHolder>;
  for (let look = 0; look < LOOKS && holder === undefined; look += 1) {
    if (look > 0) await sleep(LOOK_AGAIN_MS);
    if (await portIsFree(port, host)) return;
    holder = portHolder(port);
  }
  const by = holder ? ` by pid ${holder.pid} (${holder.command})` : '';
  throw new LocalError('port_taken', `Port ${port} for ${purpose} is taken${by}.\n${fix}`);
}

/**
 * One port for each name: the one kept from the last start, or a free one that is kept from now on, so that addresses
 * noted down once stay right. Throws `port_taken` when something else holds a kept port.
 */
export async function stablePorts<Name extends string>({
  portsFile,
  names,
}: {
  portsFile: string;
  names: readonly Name[];
}): Promise<Record<Name, number>> {
  const kept = readPorts(portsFile);
  const ports: Record<string, number> = { ...kept };
  for (const name of names) {
    const port = kept[name];
    if (port === undefined) ports[name] = await chooseFreePort(new Set(Object.values(ports)));
    else {
      const fix = `End that program, or delete ${portsFile} to have new ports chosen.`;
      await assertPortFree({ port, purpose: name, fix });
    }
  }
  writePrivateFile(portsFile, `${JSON.stringify(ports, null, 2)}\n`);
  return ports as Record<Name, number>;
}
