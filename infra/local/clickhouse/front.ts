import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createAdmission } from './admission.js';
import { createAuthenticator } from './auth.js';
import type { FrontLimits } from './config.js';
import { openEngine } from './engine.js';
import { serverArgs, sessionArgs } from './engine-arguments.js';
import { createRequestHandler } from './request-handler.js';
import { createResultPipes } from './result-pipes.js';
import { createRunningQueries } from './running-queries.js';
import { createSpools } from './spool.js';

export interface Front {
  readonly url: string;
  readonly port: number;
  /** The engine's, such as 26.7.2.1. */
  readonly version: string;
  /** Takes no more requests, lets the running ones end for `stopTimeoutMs`, kills the rest, and closes the engine. */
  close(): Promise<void>;
}

/**
 * ClickHouse's HTTP interface over the engine in this process. Owns `folder` alone: throws, naming the owner, when another
 * process has it. `port` 0 takes a free one.
 */
export async function createFront({
  host,
  port,
  folder,
  user,
  password,
  limits,
}: {
  host: string;
  port: number;
  folder: string;
  user: string;
  password: string;
  limits: FrontLimits;
}): Promise<Front> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const engine = await openEngine({ folder: join(folder, 'data'), serverArgs, sessionArgs });
  const pipes = await createResultPipes({ folder: join(folder, 'pipes'), count: limits.running });
  const spools = createSpools({ folder: join(folder, 'spool'), limits: limits.spool });
  const running = createRunningQueries({ engine });
  const admission = createAdmission(limits);
  const server = createServer(
    { maxHeaderSize: limits.urlBytes + 16_384, keepAliveTimeout: 30_000, requestTimeout: 0 },
    createRequestHandler({
      engine,
      pipes,
      spools,
      running,
      admission,
      authenticate: createAuthenticator({ user, password }),
      limits,
      serverName: hostname(),
    }),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;

  const close = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeIdleConnections();
    const killTimer = setTimeout(() => void running.killAll(), limits.stopTimeoutMs);
    await admission.whenIdle();
    clearTimeout(killTimer);
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), 1_000).unref();
    await closed;
    engine.close();
    pipes.remove();
  };
  const urlHost = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return { url: `http://${urlHost}:${address.port}`, port: address.port, version: engine.version, close };
}
