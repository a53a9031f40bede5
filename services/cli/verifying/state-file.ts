import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { messageOf } from '../../core/errors.js';
import { parseCheckpoint, parseNote } from '../../core/tlog/index.js';
import type { SeenCheckpoint } from '../../core/verify/follow.js';
import { usageError } from '../errors.js';

/** What a follower remembers of a log: the newest checkpoint of each shard, and the keys it took at first sight. */
export interface LogState {
  /** Base64 of the raw keys; empty before the first look. */
  logKeys: string[];
  seen: SeenCheckpoint[];
}

const format = 'sealstream/log-state/v1';

/** Empty where there is no file. Throws a usage error for one that is no state: it is never taken for an empty one. */
export function readState(path: string): LogState {
  if (!existsSync(path)) return { logKeys: [], seen: [] };
  try {
    const file = JSON.parse(readFileSync(path, 'utf8')) as {
      format: string;
      log_keys: string[];
      checkpoints: string[];
      entries_to?: Record<string, number>;
    };
    if (file.format !== format) throw new Error(`format is not ${format}`);
    if (!file.log_keys.every((key) => typeof key === 'string')) throw new Error('log_keys');
    const seen = file.checkpoints.map((note) => {
      const { origin, size, root } = parseCheckpoint(parseNote(note).text);
      const entriesTo = file.entries_to?.[origin] ?? size;
      if (!Number.isSafeInteger(entriesTo) || entriesTo < 0 || entriesTo > size) throw new Error('entries_to');
      return { origin, size, root, note, entriesTo };
    });
    return { logKeys: file.log_keys, seen };
  } catch (error) {
    throw usageError(
      `${path} is no state of a log: ${messageOf(error)}. Remove it to begin anew, and to forget what was seen.`,
    );
  }
}

/** Whole or not at all. */
export function writeState(path: string, { logKeys, seen }: LogState): void {
  const draft = `${path}.${process.pid}.new`;
  const left = seen.filter(({ size, entriesTo }) => entriesTo < size);
  const file = {
    format,
    log_keys: logKeys,
    checkpoints: seen.map(({ note }) => note),
    entries_to: Object.fromEntries(left.map(({ origin, entriesTo }) => [origin, entriesTo])),
  };
  writeFileSync(draft, `${JSON.stringify(file, null, 2)}\n`, { flush: true });
  renameSync(draft, path);
}
