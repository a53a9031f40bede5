import { messageOf } from '../../../core/errors.js';
import type { Logger } from '../../../core/log.js';
import { NotifyError } from '../errors.js';
import type { Channel } from './channel.js';
import type { ChannelTable } from './channel-table.js';

/**
 * All channels, in memory. What this process changes holds at once, what another changes within `trustMs`. While ClickHouse is away
 * nobody can change them through it either, and what was known goes on to hold; where nothing was ever read, calls reject with
 * `notify_unavailable`.
 */
export interface ChannelDirectory {
  find(id: string): Promise<Channel | undefined>;
  /** Removed ones too: what waits for them has to go somewhere. */
  findAny(id: string): Promise<Channel | undefined>;
  all(): Promise<readonly Channel[]>;
  /** As they are in the table now: before a change. */
  fresh(): Promise<readonly Channel[]>;
  put(channel: Channel): Promise<void>;
}

/** Beyond this age what is known is read again, beside the work. */
const freshMs = 1_000;
/** Beyond this age the work waits for it. */
const trustMs = 3_000;
/** How long nothing is asked after a failure. */
const failurePauseMs = 1_000;

export function createChannelDirectory({
  table,
  log,
  now = () => performance.now(),
}: {
  table: ChannelTable;
  log: Logger;
  now?: () => number;
}): ChannelDirectory {
  let known: { fingerprint: string; byId: Map<string, Channel> } | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  let failed: { at: number; error: unknown } | undefined;
  let reading: Promise<void> | undefined;
  /** Counts this process's own changes: a read that began before one may not undo it. */
  let changes = 0;

  const read = async (): Promise<void> => {
    const began = now();
    const changesAtStart = changes;
    try {
      const fingerprint = await table.fingerprint();
      const channels = known?.fingerprint === fingerprint ? undefined : await table.all();
      if (changes !== changesAtStart) return;
      if (channels) known = { fingerprint, byId: new Map(channels.map((channel) => [channel.id, channel])) };
      readAt = began;
      failed = undefined;
    } catch (error) {
      failed = { at: now(), error };
      log.warn({ error: messageOf(error) }, 'alert channels cannot be read now');
    }
  };
  const refresh = (): Promise<void> => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  const away = (): NotifyError =>
    new NotifyError('notify_unavailable', 'alert channels cannot be read now: ClickHouse does not answer', {
      cause: failed?.error,
    });
  const current = async (): Promise<Map<string, Channel>> => {
    const age = now() - readAt;
    const due = failed === undefined || now() - failed.at >= failurePauseMs;
    if (due && age > trustMs) await refresh();
    else if (due && age > freshMs) void refresh();
    if (!known) throw away();
    return known.byId;
  };

  return {
    async find(id) {
      const channel = (await current()).get(id);
      return channel?.deleted ? undefined : channel;
    },
    findAny: async (id) => (await current()).get(id),
    all: async () => present(await current()),
    async fresh() {
      // What is being read may have begun too early.
      await reading;
      await refresh();
      if (!known || failed) throw away();
      return present(known.byId);
    },
    async put(channel) {
      try {
        await table.put(channel);
      } catch (error) {
        readAt = Number.NEGATIVE_INFINITY;
        throw new NotifyError('notify_unavailable', 'the alert channel could not be written; it may or may not hold', {
          cause: error,
        });
      } finally {
        changes += 1;
        if (known) known.fingerprint = '';
      }
      known?.byId.set(channel.id, channel);
    },
  };
}

const present = (byId: ReadonlyMap<string, Channel>): Channel[] => [...byId.values()].filter(({ deleted }) => !deleted);
