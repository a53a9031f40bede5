import { promises as dns } from 'node:dns';
import { isIP } from 'node:net';

/** All addresses of a host, v4 first. Rejects where there are none, or when `signal` aborts. */
export type Resolve = (host: string, signal: AbortSignal) => Promise<string[]>;

/**
 * Asks DNS without libuv's threads: four names whose servers hang would keep everybody else's from being looked up there. Names that
 * DNS does not have are then sought where the machine has them (its hosts file).
 */
export const resolveHost: Resolve = async (host, signal) => {
  const bare = host.replace(/^\[|\]$/g, '');
  if (isIP(bare)) return [bare];
  const resolver = new dns.Resolver({ timeout: 2_000, tries: 2 });
  const cancel = (): void => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    signal.throwIfAborted();
    const asked = await Promise.allSettled([resolver.resolve4(bare), resolver.resolve6(bare)]);
    const found = asked.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    if (found.length > 0) return found;
    signal.throwIfAborted();
    const failed = asked.find((answer) => answer.status === 'rejected' && !isAbsence(answer.reason));
    if (failed?.status === 'rejected') throw failed.reason;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
  const known = await dns.lookup(bare, { all: true, verbatim: false });
  return known.map(({ address }) => address);
};

const isAbsence = (error: unknown): boolean => {
  const code = (error as { code?: string }).code;
  return code === 'ENOTFOUND' || code === 'ENODATA';
};
