import { setTimeout as sleep } from 'node:timers/promises';
import { ADDRESS_VARIABLE } from './config.js';
import { LocalError } from './errors.js';
import type { PartName } from './parts/part.js';
import { askOverTcp } from './parts/tcp.js';
import { LOOPBACK } from './supervisor/ports.js';

const POLL_MS = 500;
const DEFAULT_PORT: Record<string, number> = {
  kafka: 9092,
  'http:': 80,
  'https:': 443,
  'redis:': 6379,
  'rediss:': 6379,
};

/** Host and port pairs of an address as its variable holds it: a broker list or a URL. */
function endpoints(part: PartName, address: string): { host: string; port: number }[] {
  const urls = part === 'kafka' ? address.split(',').map((broker) => `kafka://${broker.trim()}`) : [address];
  return urls.map((text) => {
    const url = new URL(text);
    const port = Number(url.port) || DEFAULT_PORT[url.protocol] || DEFAULT_PORT.kafka!;
    return { host: url.hostname.replace(/^\[|\]$/g, ''), port };
  });
}

/** Whether an address is this one port on loopback. */
export function isOnLoopback({
  part,
  address,
  port,
}: {
  part: PartName;
  address: string;
  port: number | undefined;
}): boolean {
  return endpoints(part, address).every((endpoint) => endpoint.host === LOOPBACK && endpoint.port === port);
}

/**
 * Waits until something accepts connections at the address of a part that runs elsewhere (one broker of a list is
 * enough). Throws `unreachable` after `timeoutMs`.
 */
export async function waitReachable({
  part,
  address,
  timeoutMs,
  onWait,
  stopped,
}: {
  part: PartName;
  address: string;
  timeoutMs: number;
  onWait: (where: string) => void;
  stopped: () => boolean;
}): Promise<void> {
  const targets = endpoints(part, address);
  const where = targets.map(({ host, port }) => `${host}:${port}`).join(', ');
  const until = Date.now() + timeoutMs;
  for (let told = false; !stopped(); told = true) {
    const answers = await Promise.all(targets.map((target) => askOverTcp(target)));
    if (answers.some((answer) => answer !== undefined)) return;
    if (Date.now() > until) {
      const variable = ADDRESS_VARIABLE[part];
      const fix = `Start it, correct ${variable}, or unset ${variable} to have one started here.`;
      throw new LocalError('unreachable', `Nothing answers at ${where}, which ${variable} names. ${fix}`);
    }
    if (!told) onWait(where);
    await sleep(POLL_MS);
  }
}
