import { connect, type LookupFunction, type Socket } from 'node:net';
import { failureOf, SendFailure } from './failure.js';
import { permitted, type TargetGuard } from './guard.js';
import type { Resolve } from './resolve.js';

/** Opens TCP connections, to addresses that the guard has seen and to no others: the name is looked up once, here, and not again. */
export type Dial = (target: { host: string; port: number; signal: AbortSignal }) => Promise<Socket>;

/** Rejects with a SendFailure. `connectTimeoutMs` counts from the question to DNS to the open connection. */
export function createDial({
  guard,
  resolve,
  connectTimeoutMs,
}: {
  guard: TargetGuard;
  resolve: Resolve;
  connectTimeoutMs: number;
}): Dial {
  return async ({ host, port, signal }) => {
    const within = AbortSignal.any([signal, AbortSignal.timeout(connectTimeoutMs)]);
    try {
      const found = await orAborted(resolve(host, within), within);
      const { addresses, refusals } = permitted(guard, found);
      if (addresses.length === 0) {
        throw new SendFailure('forbidden_address', `${host}: ${refusals.join('; ') || 'has no address'}`, {
          again: false,
        });
      }
      const lookup: LookupFunction = (_host, { all }, callback) => {
        if (all) callback(null, addresses);
        else callback(null, addresses[0]!.address, addresses[0]!.family);
      };
      // With a name in place of an address Node asks `lookup`, and tries one address after the other.
      const socket = connect({ host: 'checked.invalid', port, lookup });
      return await opened(socket, guard, within);
    } catch (error) {
      throw failureOf(error, host);
    }
  };
}

function opened(socket: Socket, guard: TargetGuard, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      reject(error);
    };
    const onAbort = (): void => fail(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', fail);
    socket.once('connect', () => {
      const refusal = guard.refusesAddress(socket.remoteAddress ?? '');
      if (refusal) return fail(new SendFailure('forbidden_address', refusal, { again: false }));
      signal.removeEventListener('abort', onAbort);
      socket.off('error', fail);
      socket.on('error', () => {});
      resolve(socket);
      return undefined;
    });
  });
}

async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  work.catch(() => {});
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort!);
  }
}
