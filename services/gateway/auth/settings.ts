import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import { messageOf } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';
import { unavailable } from '../errors.js';

export interface Setting<T> {
  organization: string;
  name: string;
  value: T;
  version: number;
  changedAtMs: number;
}

/**
 * Settings of organizations of one kind, kept in ClickHouse and in memory. What this process changes holds at once, what another changes
 * within `trustMs`. While ClickHouse is away nobody can change them through it either, and what was known goes on to hold; where
 * nothing was ever read, calls reject with unavailable.
 */
export interface Settings<T> {
  get(organization: string, name: string): Promise<Setting<T> | undefined>;
  /** To look up many at one moment. */
  view(): Promise<(organization: string, name: string) => Setting<T> | undefined>;
  all(): Promise<Setting<T>[]>;
  put(organization: string, name: string, value: T, changedBy: string): Promise<Setting<T>>;
  /** Undefined where there is none. */
  remove(organization: string, name: string, changedBy: string): Promise<Setting<T> | undefined>;
}

export interface SettingsDeps {
  clickhouse: ClickHouseClient;
  database: string;
  log: Logger;
  nowMs?: () => number;
  now?: () => number;
}

interface Row {
  organization_id: string;
  name: string;
  version: number;
  deleted: boolean;
  value: string;
  changed_ms: number;
}

const queryTimeoutMs = 5_000;
/** Beyond this age what is known is read again, beside the work. */
const freshMs = 1_000;
/** Beyond this age the work waits for it. */
const trustMs = 3_000;
const failurePauseMs = 1_000;

const keyOf = (organization: string, name: string): string => JSON.stringify([organization, name]);

/** `read` turns the stored JSON into the value; undefined for what this version does not understand, which is then not there. */
export function createSettings<T>({
  clickhouse,
  database,
  kind,
  read,
  log,
  nowMs = Date.now,
  now = () => performance.now(),
}: SettingsDeps & { kind: string; read: (json: unknown) => T | undefined }): Settings<T> {
  let known: Map<string, Setting<T>> | undefined;
  /** Of names that are gone, too: a new value must be newer than the removal. */
  let newestVersion = 0;
  let readAt = Number.NEGATIVE_INFINITY;
  let failedAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;
  /** Counts this process's own changes: a read that began before one may not undo it. */
  let changes = 0;

  const settingOf = (row: Row): [string, Setting<T>][] => {
    const value = read(JSON.parse(row.value));
    if (row.deleted || value === undefined) return [];
    const { organization_id: organization, name, version, changed_ms: changedAtMs } = row;
    return [[keyOf(organization, name), { organization, name, value, version, changedAtMs }]];
  };

  const readAll = async (): Promise<void> => {
    const began = now();
    const changesAtStart = changes;
    try {
      const result = await clickhouse.query({
        query: `SELECT organization_id, name, version, deleted, value, toUnixTimestamp64Milli(changed_at) AS changed_ms
          FROM {database:Identifier}.organization_settings FINAL WHERE kind = {kind:String}`,
        query_params: { database, kind },
        format: 'JSONEachRow',
        abort_signal: AbortSignal.timeout(queryTimeoutMs),
        clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
      });
      const rows = await result.json<Row>();
      if (changes !== changesAtStart) return;
      known = new Map(rows.flatMap(settingOf));
      newestVersion = rows.reduce((newest, { version }) => Math.max(newest, version), newestVersion);
      readAt = began;
    } catch (error) {
      failedAt = now();
      log.warn({ kind, error: messageOf(error) }, 'settings of organizations cannot be read now');
    }
  };
  const refresh = (): Promise<void> => {
    reading ??= readAll().finally(() => {
      reading = undefined;
    });
    return reading;
  };

  const current = async (): Promise<Map<string, Setting<T>>> => {
    const age = now() - readAt;
    const due = now() - failedAt >= failurePauseMs;
    if (due && age > trustMs) await refresh();
    else if (due && age > freshMs) void refresh();
    if (known) return known;
    throw unavailable('clickhouse', 'settings of organizations cannot be read now');
  };

  const write = async (setting: Setting<T>, deleted: boolean, changedBy: string): Promise<void> => {
    const { organization, name, value, version, changedAtMs } = setting;
    try {
      await clickhouse.insert({
        table: `${database}.organization_settings`,
        format: 'JSONEachRow',
        values: [
          {
            kind,
            organization_id: organization,
            name,
            version,
            deleted,
            value: JSON.stringify(value),
            changed_at: new Date(changedAtMs).toISOString(),
            changed_by: changedBy,
          },
        ],
        abort_signal: AbortSignal.timeout(queryTimeoutMs),
      });
    } catch (error) {
      readAt = Number.NEGATIVE_INFINITY;
      throw unavailable('clickhouse', 'the setting could not be written; it may or may not hold', { cause: error });
    } finally {
      changes += 1;
    }
    const held = known;
    if (deleted) held?.delete(keyOf(organization, name));
    else held?.set(keyOf(organization, name), setting);
  };
  const nextVersion = (): number => {
    newestVersion = Math.max(newestVersion + 1, nowMs() * 1_000);
    return newestVersion;
  };

  return {
    get: async (organization, name) => (await current()).get(keyOf(organization, name)),
    async view() {
      const held = await current();
      return (organization, name) => held.get(keyOf(organization, name));
    },
    all: async () => [...(await current()).values()],
    async put(organization, name, value, changedBy) {
      await current();
      const setting = { organization, name, value, version: nextVersion(), changedAtMs: nowMs() };
      await write(setting, false, changedBy);
      return setting;
    },
    async remove(organization, name, changedBy) {
      const setting = (await current()).get(keyOf(organization, name));
      if (setting) await write({ ...setting, version: nextVersion(), changedAtMs: nowMs() }, true, changedBy);
      return setting;
    },
  };
}
