import { SealstreamError } from '../errors.js';
import { isShardName } from './shard.js';

/** What `shards.json` says of a shard. */
export interface ListedShard {
  name: string;
  origin: string;
  /** The key of the log's own signature (C2SP signed-note). */
  vkey: string;
}

/** A witness that the sealer asks. */
export interface ListedWitness {
  vkey: string;
  /** Run by the log's own operator: it shows the protocol at work, and is no third party. */
  same_operator: boolean;
}

export interface LogList {
  shards: readonly ListedShard[];
  witnesses: readonly ListedWitness[];
}

export const emptyLogList: LogList = { shards: [], witnesses: [] };

export const formatLogList = ({ shards, witnesses }: LogList): string =>
  `${JSON.stringify({ shards: [...shards].sort((a, b) => (a.name < b.name ? -1 : 1)), witnesses }, null, 2)}\n`;

/** Throws `log_folder` for anything that `formatLogList` does not write. */
export function parseLogList(text: string, path: string): LogList {
  try {
    const { shards, witnesses } = JSON.parse(text) as LogList;
    const isText = (...values: unknown[]): boolean => values.every((value) => typeof value === 'string');
    const isListed = shards.every(({ name, origin, vkey }) => isText(name, origin, vkey) && isShardName(name));
    const isWitnessed = witnesses.every(
      (witness) => isText(witness.vkey) && typeof witness.same_operator === 'boolean',
    );
    if (isListed && isWitnessed) return { shards, witnesses };
  } catch {
    // Said below.
  }
  throw new SealstreamError(
    'log_folder',
    `${path} is not a list of the log's shards. The sealer writes it anew when the file is removed.`,
  );
}
