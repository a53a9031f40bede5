import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { LocalError } from '../errors.js';
import { createAdmission } from './admission.js';
import { createAuthenticator } from './auth.js';
import type { FrontConfig } from './config.js';
import { openEngine } from './engine.js';
import { serverArgs, sessionArgs } from './engine-arguments.js';
import { createRequestHandler } from './request-handler.js';
import { createResultPipes } from './result-pipes.js';
import { createRunningQueries } from './running-queries.js';
import { createSessions } from './sessions.js';
import { createSpools } from './spool.js';

export interface Front {
  readonly url: string;
  readonly port: number;
  /** The engine's, such as 26.7.2.1. */
  readonly version: string;
  /** Takes no more requests, lets the running ones end for `stopTimeoutMs`, kills the rest, and closes the engine. */
  close(): Promise<void>;
}

const KEEP_ALIVE_MS = 30_000;
/** Room for a request's headers beside its URL. */
const HEADER_BYTES = 65_536;
/** For clients to read the end of their answers before their connections are cut. */
const LAST_BYTES_MS = 1_000;

/**
 * ClickHouse's HTTP interface over the engine in this process. Owns `folder` alone: throws, naming the owner, when another
 * process has it. `port` 0 takes a free one. One front at a time in a process.
 */
export async function createFront({ host, port, folder, user, password, limits }: FrontConfig): Promise<Front> {
  const absolute = resolve(folder);
  mkdirSync(absolute, { recursive: true, mode: 0o700 });
  const engine = await openEngine({ folder: join(absolute, 'data'), serverArgs, sessionArgs });
  try {
    const pipes = await createResultPipes({ folder: join(absolute, 'pipes'), count: limits.running });
    const spools = createSpools({ folder: join(absolute, 'spool'), limits: limits.spool });
    const sessions = createSessions({ engine, limit: limits.sessions });
    const running = createRunningQueries({ engine });
    const admission = createAdmission(limits);
    let stopping = false;
    const handle = createRequestHandler({
      engine,
      sessions,
      pipes,
      spools,
      running,
      admission,
      authenticate: createAuthenticator({ user, password }),
      limits,
      serverName: hostname(),
      isStopping: () => stopping,
    });
    const server = createServer(
      // A body may take as long as its sender needs.
      { maxHeaderSize: limits.urlBytes + HEADER_BYTES, keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 },
      handle,
    );
    const address = await listen({ server, host, port });

    const close = async (): Promise<void> => {
      stopping = true;
      const closed = new Promise((done) => server.close(done));
      server.closeIdleConnections();
      const killTimer = setTimeout(() => void running.killAll(), limits.stopTimeoutMs);
      await admission.whenIdle();
      clearTimeout(killTimer);
      server.closeIdleConnections();
      const cutTimer = setTimeout(() => server.closeAllConnections(), LAST_BYTES_MS);
      await closed;
      clearTimeout(cutTimer);
      sessions.close();
      engine.close();
      pipes.remove();
    };
    return { url: `http://${urlHost(address)}:${address.port}`, port: address.port, version: engine.version, close };
  } catch (error) {
    engine.close();
    throw error;
  }
}

const urlHost = ({ address, family }: AddressInfo): string => (family === 'IPv6' ? `[${address}]` : address);

function listen({ server, host, port }: { server: Server; host: string; port: number }): Promise<AddressInfo> {
  return new Promise((done, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      reject(taken ? new LocalError('port_taken', `Port ${port} on ${host} is taken by another program.`) : error);
    });
    server.listen(port, host, () => done(server.address() as AddressInfo));
  });
}
