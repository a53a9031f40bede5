import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';
import { Problem, unavailable } from '../errors.js';
import type { ApiKey } from './api-key.js';
import type { KeyTable } from './key-table.js';

/**
 * All API keys, in memory. A key that is not known is looked for once more before it is refused, but ClickHouse is asked at most every
 * tenth of a second for all of them together: a flood of unknown keys costs looks into a map. A key that this process changes is
 * changed at once; one that another process changes, within `trustMs`.
 */
export interface KeyDirectory {
  /** By the hash's hex. Rejects with unavailable while the keys cannot be read and the key is not known from before. */
  find(hash: string): Promise<ApiKey | undefined>;
  all(): Promise<ApiKey[]>;
  /** Writes a new version and knows it from then on. */
  put(key: ApiKey): Promise<void>;
}

/** Beyond this age known keys are still answered for, while they are read again. */
const freshMs = 1_000;
/** Beyond this age nothing is answered before they are read again. */
const trustMs = 3_000;
/** Between the beginnings of two reads. */
const pauseMs = 100;
/** How long nothing is asked after a failure. */
const failurePauseMs = 1_000;
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
  /** When the read began that the snapshot rests on, and when any read did. */
  let readAtMs = Number.NEGATIVE_INFINITY;
  let beganAtMs = Number.NEGATIVE_INFINITY;
  let failed: { atMs: number; problem: Problem } | undefined;
  let reading: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  /** Counts this process's own changes: a read that began before one may not undo it. */
  let changes = 0;

  const read = async (): Promise<void> => {
    const began = now();
    const changesAtStart = changes;
    beganAtMs = began;
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

  const begin = async (): Promise<void> => {
    await reading;
    const waitMs = beganAtMs + pauseMs - now();
    if (waitMs > 0) await sleep(waitMs);
    next = undefined;
    reading = read();
    await reading;
  };

  /** A read that begins after this call, shared with all who ask before it begins; none shortly after one failed. */
  const readAgain = (): Promise<void> => {
    if (failed && now() - failed.atMs < failurePauseMs) return Promise.resolve();
    next ??= begin();
    return next;
  };

  const known = (): Snapshot => {
    if (snapshot && now() - readAtMs < outageMs) return snapshot;
    throw failed?.problem ?? unavailable('clickhouse', 'API keys were not read yet');
  };

  return {
    async find(hash) {
      const ageMs = now() - readAtMs;
      const found = ageMs < trustMs ? snapshot?.byHash.get(hash) : undefined;
      if (found) {
        if (ageMs > freshMs) void readAgain();
        return found;
      }
      await readAgain();
      const foundNow = known().byHash.get(hash);
      if (!foundNow && failed) throw failed.problem;
      return foundNow;
    },
    async all() {
      await readAgain();
      return [...known().byId.values()];
    },
    async put(key) {
      if (!snapshot) await readAgain();
      const { byId } = known();
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
