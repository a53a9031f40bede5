import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClickHouseClient, ClickHouseError } from '@clickhouse/client';
import { MigrationError } from './errors.js';

const TABLE = 'schema_migrations_lock';
const TABLE_ALREADY_EXISTS = '57';
const UNKNOWN_TABLE = '60';

const BEAT_MS = 5_000;
/** Six missed beats. Longer than any pause of a healthy client; a killed one holds others up for this long. */
export const LOCK_STALE_SECONDS = 30;
const POLL_MS = 250;
const WAIT_MS = 300_000;

interface Held {
  readonly owner: string;
  readonly ageSeconds: number;
}

const isCode = (error: unknown, code: string) => error instanceof ClickHouseError && error.code === code;

async function create(clickhouse: ClickHouseClient, owner: string): Promise<boolean> {
  try {
    await clickhouse.command({ query: `CREATE TABLE ${TABLE} (nothing UInt8) ENGINE = Null COMMENT '${owner}'` });
    return true;
  } catch (error) {
    if (isCode(error, TABLE_ALREADY_EXISTS)) return false;
    throw error;
  }
}

async function read(clickhouse: ClickHouseClient, table: string): Promise<Held | undefined> {
  const result = await clickhouse.query({
    query: `SELECT comment AS owner, toInt32(now() - metadata_modification_time) AS ageSeconds
      FROM system.tables WHERE database = currentDatabase() AND name = {table: String}`,
    query_params: { table },
    format: 'JSONEachRow',
  });
  return (await result.json<Held>())[0];
}

/** Moves a dead holder's lock away, and puts it back if another took its place in between. */
async function breakStale(clickhouse: ClickHouseClient, owner: string): Promise<void> {
  const aside = `${TABLE}_${randomUUID().replaceAll('-', '')}`;
  try {
    await clickhouse.command({ query: `RENAME TABLE ${TABLE} TO ${aside}` });
    const moved = await read(clickhouse, aside);
    if (moved && moved.owner !== owner) await clickhouse.command({ query: `RENAME TABLE ${aside} TO ${TABLE}` });
    else await clickhouse.command({ query: `DROP TABLE ${aside} SYNC` });
  } catch (error) {
    // Gone, or taken again meanwhile: the next look tells.
    if (!isCode(error, UNKNOWN_TABLE) && !isCode(error, TABLE_ALREADY_EXISTS)) throw error;
  }
}

async function acquire(clickhouse: ClickHouseClient, owner: string, staleSeconds: number): Promise<void> {
  for (const until = Date.now() + WAIT_MS; Date.now() < until; await sleep(POLL_MS)) {
    if (await create(clickhouse, owner)) return;
    const held = await read(clickhouse, TABLE);
    if (held && held.ageSeconds > staleSeconds) await breakStale(clickhouse, held.owner);
  }
  const what = `Another migration of this database has held ${TABLE} for ${WAIT_MS / 1000} s.`;
  throw new MigrationError('migration_lock', `${what} Wait for it, or drop that table if no migration runs.`, {
    retriable: true,
  });
}

/**
 * Runs `work` while no other migration of this database runs. The lock is a table, because creating one is the only
 * thing that ClickHouse does for one client and refuses another; its comment names the holder and is renewed as a sign
 * of life. `assertHeld` throws once the lock is lost (after a pause longer than the stale time): stop then.
 */
export async function withMigrationLock<T>({
  clickhouse,
  staleSeconds,
  work,
}: {
  clickhouse: ClickHouseClient;
  staleSeconds: number;
  work: (assertHeld: () => void) => Promise<T>;
}): Promise<T> {
  const owner = randomUUID();
  await acquire(clickhouse, owner, staleSeconds);
  let lost: unknown;
  const beat = async () => {
    const held = await read(clickhouse, TABLE);
    if (held?.owner !== owner)
      throw new MigrationError('migration_lock', 'Another migration took over.', { retriable: true });
    await clickhouse.command({ query: `ALTER TABLE ${TABLE} MODIFY COMMENT '${owner}'` });
  };
  const timer = setInterval(() => {
    beat().catch((error: unknown) => {
      lost ??= error;
    });
  }, BEAT_MS);
  try {
    return await work(() => {
      if (lost) throw lost;
    });
  } finally {
    clearInterval(timer);
    if ((await read(clickhouse, TABLE))?.owner === owner)
      await clickhouse.command({ query: `DROP TABLE ${TABLE} SYNC` });
  }
}
