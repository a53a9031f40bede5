import { writeDurably } from '../core/durable-file.js';
import {
  formatLogList,
  type ListedShard,
  type ListedWitness,
  logPaths,
  readLogList,
} from '../core/log-folder/index.js';

/** `shards.json`: who the shards are that the folder holds, those of earlier incarnations included. */
export interface ShardList {
  /** Resolves when the shard is listed. */
  add(shard: ListedShard): Promise<void>;
  /** Lists again what another sealer of the same folder may have left out. */
  look(): Promise<void>;
}

export function createShardList({
  folder,
  witnesses,
}: {
  folder: string;
  witnesses: readonly ListedWitness[];
}): ShardList {
  const own = new Map<string, ListedShard>();
  let last: Promise<void> = Promise.resolve();
  const write = async (): Promise<void> => {
    const there = await readLogList(folder);
    const shards = [...new Map([...there.shards.map((shard) => [shard.name, shard] as const), ...own]).values()];
    const text = formatLogList({ shards, witnesses });
    if (text === formatLogList(there)) return;
    await writeDurably([{ path: logPaths.shards(folder), contents: text }]);
  };
  const inTurn = (): Promise<void> => {
    const mine = last.then(write);
    last = mine.catch(() => {});
    return mine;
  };
  return {
    async add(shard) {
      own.set(shard.name, shard);
      await inTurn();
    },
    look: inTurn,
  };
}
