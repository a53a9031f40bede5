import { type Environment, readEnvironment } from '../../../services/core/config.js';
import { LocalError } from '../errors.js';
import type { SpoolLimits } from './spool.js';

export interface FrontLimits {
  /** Queries at a time. Each takes a thread of libuv's pool, which needs two more for the front itself. */
  readonly running: number;
  /** Queries that wait for their turn. */
  readonly waiting: number;
  /** Named sessions (session_id) at a time. */
  readonly sessions: number;
  readonly statementBytes: number;
  readonly urlBytes: number;
  readonly spool: SpoolLimits;
  /** Of a result, held back until the status is sent. */
  readonly holdBytes: number;
  /** For running queries to end by themselves when the front stops. */
  readonly stopTimeoutMs: number;
}

export interface FrontConfig {
  readonly host: string;
  readonly port: number;
  readonly folder: string;
  readonly user: string;
  readonly password: string;
  readonly limits: FrontLimits;
}

/** Threads of libuv's pool that the front keeps for its own files and compression. */
const OWN_THREADS = 2;
const MIB = 1024 * 1024;

/** What the size of libuv's pool must be for the default number of queries at a time. */
export const THREAD_POOL_SIZE = 16 + OWN_THREADS;

export const defaultLimits = ({ threadPoolSize = 4 }: { threadPoolSize?: number } = {}): FrontLimits => ({
  running: Math.max(1, threadPoolSize - OWN_THREADS),
  waiting: 200,
  sessions: 100,
  statementBytes: 16 * MIB,
  urlBytes: MIB,
  spool: { memoryBytes: 256 * MIB, bodyBytes: 1024 * MIB },
  holdBytes: 65_536,
  stopTimeoutMs: 10_000,
});

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/;

/** Reads the front's settings; throws `config_invalid` for an address that others could reach. */
export function readConfig(environment: Environment): FrontConfig {
  const env = readEnvironment(environment);
  const host = env.text('CLICKHOUSE_FRONT_HOST', '127.0.0.1');
  if (!LOOPBACK.test(host)) {
    throw new LocalError(
      'config_invalid',
      `CLICKHOUSE_FRONT_HOST=${host} is not a loopback address. The embedded ClickHouse serves this machine only; ` +
        'use 127.0.0.1, or a ClickHouse server of your own with CLICKHOUSE_URL.',
    );
  }
  const threadPoolSize = env.integer('UV_THREADPOOL_SIZE', { fallback: 4, min: 3, max: 1024 });
  const defaults = defaultLimits({ threadPoolSize });
  return {
    host,
    port: env.integer('CLICKHOUSE_FRONT_PORT', { fallback: 8123, min: 0, max: 65_535 }),
    folder: env.text('CLICKHOUSE_FRONT_DATA'),
    user: env.text('CLICKHOUSE_FRONT_USER', 'default'),
    password: env.text('CLICKHOUSE_FRONT_PASSWORD'),
    limits: {
      ...defaults,
      stopTimeoutMs: env.integer('CLICKHOUSE_FRONT_STOP_TIMEOUT_MS', {
        fallback: defaults.stopTimeoutMs,
        min: 0,
        max: 15_000,
      }),
    },
  };
}
