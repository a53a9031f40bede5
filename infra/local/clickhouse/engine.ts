import { createRequire } from 'node:module';
import { lockedBy } from './data-lock.js';
import { FrontError, fromEngine } from './errors.js';

/** The part of chdb's native addon that the front uses. */
interface Addon {
  CreateConnection(folder: string, args: readonly string[]): unknown;
  CloseConnection(connection: unknown): void;
  QueryAsyncConnection(
    connection: unknown,
    sql: string,
    format: string,
  ): Promise<{ bytes: Buffer; elapsed: number; rowsRead: number; bytesRead: number }>;
}

export interface Result {
  /** What the statement gave and did not write to a file. */
  readonly bytes: Buffer;
  /** Rows given by a SELECT, or read from the data of an INSERT. */
  readonly rows: number;
  readonly rowBytes: number;
}

/** A session of the engine: settings, parameters, current database and temporary tables are its own. One query at a time. */
export interface Connection {
  /** Runs on a thread of libuv's pool and occupies it until the query ends. Throws `FrontError`. */
  run(sql: string, format?: string): Promise<Result>;
  close(): void;
}

export interface Engine {
  readonly version: string;
  readonly timezone: string;
  /** Costs less than a millisecond. */
  connect(): Connection;
  /** All connections must be closed and idle. The engine cannot be opened again in this process on another folder. */
  close(): void;
}

/**
 * The addon behind chdb's public API. Its `Session` cannot serve us: `close()` waits for every query of the process to
 * end, so that one long query would keep the connections of all others open. Here a connection lives for one request.
 */
function loadAddon(): Addon {
  const require = createRequire(import.meta.url);
  try {
    const fromChdb = createRequire(require.resolve('chdb'));
    return (fromChdb('./dist/loader.js') as { loadNative(): Addon }).loadNative();
  } catch (cause) {
    throw new Error(
      `chdb, the embedded ClickHouse, cannot be loaded on ${process.platform}-${process.arch}: run \`npm install\`, ` +
        'or set CLICKHOUSE_URL to a ClickHouse server of your own.',
      { cause },
    );
  }
}

/**
 * Opens the data folder. `serverArgs` count for the process (pools, caches), `sessionArgs` are settings of every
 * connection. Throws when another process holds the folder, and names it.
 */
export async function openEngine({
  folder,
  serverArgs,
  sessionArgs,
}: {
  folder: string;
  serverArgs: readonly string[];
  sessionArgs: readonly string[];
}): Promise<Engine> {
  const addon = loadAddon();
  const open = (args: readonly string[]): unknown => {
    try {
      return addon.CreateConnection(folder, args);
    } catch (cause) {
      throw new FrontError(76, 'CANNOT_OPEN_FILE', lockedBy(folder) ?? `Cannot open ${folder}: ${String(cause)}`, {
        cause,
      });
    }
  };
  const asConnection = (handle: unknown): Connection => ({
    async run(sql, format = 'TabSeparated') {
      try {
        const { bytes, rowsRead, bytesRead } = await addon.QueryAsyncConnection(handle, sql, format);
        return { bytes, rows: rowsRead, rowBytes: bytesRead };
      } catch (error) {
        throw fromEngine(error);
      }
    },
    close: () => addon.CloseConnection(handle),
  });
  // The engine lives as long as some connection does: this one keeps it.
  const keeper = asConnection(open([...serverArgs, ...sessionArgs]));
  const { bytes } = await keeper.run('SELECT version(), timezone()');
  const [version = '', timezone = ''] = bytes.toString().trim().split('\t');
  return {
    version,
    timezone,
    connect: () => asConnection(open(sessionArgs)),
    close: () => keeper.close(),
  };
}
