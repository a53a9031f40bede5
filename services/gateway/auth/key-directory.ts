import { messageOf } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';
import { Problem, unavailable } from '../errors.js';
import type { ApiKey } from './api-key.js';
import type { KeyTable } from './key-table.js';

/**
 * All API keys, in memory. Whatever is presented, ClickHouse is asked at most once a second: a flood of unknown keys costs a look
 * into a map. A key that this process changes is changed at once; one that another process changes, within `trustMs`.
 */
export interface KeyDirectory {
  /** By the hash's hex. Rejects with unavailable while the keys cannot be read and the key is not known from before. */
  find(hash: string): Promise<ApiKey | undefined>;
  all(): Promise<ApiKey[]>;
  /** Writes a new version and knows it from then on. */
  put(key: ApiKey): Promise<void>;
}

/** A snapshot this young answers without a question. */
const freshMs = 1_000;
/** A snapshot this old answers for known keys, while it is read again. */
const trustMs = 3_000;
/** While ClickHouse is away nobody can change keys through it either, so known keys go on for this long. */
const outageMs = 3_600_000;
const maxKeys = 100_000;

interface Snapshot {
  fingerprint: string;
  byHash: Map<string, ApiKey>;
  byId: Map<string, ApiKey>;
}

export function createKeyDirectory({
  table,
  log,
  now = () => performance.now(),
}: {
  table: KeyTable;
  log: Logger;
  now?: () => number;
}): KeyDirectory {
  let snapshot: Snapshot | undefined;
  let readAtMs = Number.NEGATIVE_INFINITY;
  let failed: { atMs: number; problem: Problem } | undefined;
  let reading: Promise<void> | undefined;
  /** Counts this process's own changes: a read that began before one may not undo it. */
  let changes = 0;

  const read = async (): Promise<void> => {
    const began = now();
    const changesAtStart = changes;
    try {
      const fingerprint = await table.fingerprint();
      if (snapshot?.fingerprint !== fingerprint) {
        const keys = await table.all();
        if (changes !== changesAtStart) return;
        if (keys.length > maxKeys) log.error({ keys: keys.length, maxKeys }, 'more API keys than memory is meant for');
        snapshot = snapshotOf(fingerprint, keys);
      }
      readAtMs = began;
      failed = undefined;
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'API keys cannot be read now');
      failed = { atMs: now(), problem: unavailable('clickhouse', 'API keys cannot be read now', { cause: error }) };
    }
  };

  const readOnce = (): Promise<void> => {
    if (failed && now() - failed.atMs < freshMs) return Promise.resolve();
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };

  /** The snapshot, no older than `mostMs` where ClickHouse can be asked. */
  const current = async (mostMs: number): Promise<Snapshot> => {
    const ageMs = now() - readAtMs;
    if (ageMs > freshMs) {
      const done = readOnce();
      if (ageMs > mostMs) await done;
    }
    if (snapshot && now() - readAtMs < outageMs) return snapshot;
    throw failed?.problem ?? unavailable('clickhouse', 'API keys were not read yet');
  };

  return {
    async find(hash) {
      const known = (await current(trustMs)).byHash.get(hash);
      if (known) return known;
      const found = (await current(freshMs)).byHash.get(hash);
      if (!found && failed) throw failed.problem;
      return found;
    },
    all: async () => [...(await current(freshMs)).byId.values()],
    async put(key) {
      const { byId } = await current(freshMs);
      if (!byId.has(key.id) && byId.size >= maxKeys) {
        throw new Problem('conflict', `there are ${byId.size} API keys, which is as many as there may be`);
      }
      try {
        await table.put(key);
      } catch (error) {
        throw unavailable('clickhouse', 'the API key could not be written; it may or may not be in force', {
          cause: error,
        });
      } finally {
        changes += 1;
        readAtMs = Number.NEGATIVE_INFINITY;
        failed = undefined;
        if (snapshot) snapshot.fingerprint = '';
      }
      if (!snapshot) return;
      const before = snapshot.byId.get(key.id);
      if (before) snapshot.byHash.delete(before.hash.toString('hex'));
      snapshot.byId.set(key.id, key);
      snapshot.byHash.set(key.hash.toString('hex'), key);
    },
  };
}

const snapshotOf = (fingerprint: string, keys: ApiKey[]): Snapshot => ({
  fingerprint,
  byHash: new Map(keys.map((key) => [key.hash.toString('hex'), key])),
  byId: new Map(keys.map((key) => [key.id, key])),
});
