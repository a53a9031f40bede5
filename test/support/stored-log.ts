import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ClickHouseClient } from '@clickhouse/client';
import { createBlocks, type JudgedRecord, type Table, tables } from '../../services/consumer/blocks/index.js';
import type { EventInput } from '../../services/core/event/index.js';
import { sha256 } from '../../services/core/seal/index.js';
import type { EventParts } from '../../services/core/wire/index.js';
import { eventParts, nowMs, testPartition, testProducer, testRegistry } from './judging.js';

/**
 * A topic's records judged and stored as the consumer stores them, without Kafka in between: what a test of queries needs.
 * Producer `shop` may write every scope and organization.
 */
export function createStoredLog(
  clickhouse: ClickHouseClient,
  {
    partitions = 1,
    only,
    incarnation = randomBytes(16),
  }: {
    partitions?: number;
    /** These partitions alone are begun: others are somebody else's. */
    only?: readonly number[];
    incarnation?: Buffer;
  } = {},
) {
  const registry = testRegistry();
  const key = testProducer().key;
  registry.register(key, 'shop');
  const offsets = Array.from({ length: partitions }, () => 0);
  const judging = offsets.map((_, partition) => testPartition(registry, partition));
  const producers = offsets.map((_, partition) => testProducer({ key, partition, lane: partition }));
  const markers = offsets.map((_, partition) =>
    testProducer({ key: registry.rootKey, producerId: 'registry', partition, lane: partition }),
  );
  const blocks = createBlocks();
  blocks.reset(incarnation);

  const write = (partition: number, value: Buffer, appendTimeMs = nowMs): JudgedRecord => {
    const record = { partition, offset: offsets[partition]!, appendTimeMs, value };
    const row = { record, valueHash: sha256(value), judged: judging[partition]!.write(value, appendTimeMs) };
    offsets[partition]! += 1;
    blocks.append(row);
    return row;
  };

  /** Tables that hold what the others do not yet. */
  let stored = new Set<Table>();

  const insert = async (table: Table): Promise<void> => {
    const { rows, columnNames, chunks } = blocks[table];
    if (rows === 0) return;
    const { stream } = await clickhouse.exec({
      query: `INSERT INTO ${table} (${columnNames.join(', ')}) FORMAT Native`,
      values: Readable.from(chunks(), { objectMode: false }),
    });
    stream.resume();
  };

  const log = {
    incarnation,
    ...registry,
    key,
    producers,
    write,
    /** One record of these events. */
    record(inputs: (Partial<EventInput> | EventParts)[], { partition = 0, appendTimeMs = nowMs } = {}): JudgedRecord {
      const events = inputs.map((input) => ('body' in input ? input : eventParts(input)));
      return write(partition, producers[partition]!.record('data', events).value, appendTimeMs);
    },
    mark(partition: number): JudgedRecord {
      const marker = markers[partition]!.record('registry', [], { first_seq: 0, registry: registry.registry.newest });
      return write(partition, marker.value);
    },
    /** Puts what was written into ClickHouse, in the consumer's order; with `only`, stops as a consumer that is killed. */
    async store({ only = tables }: { only?: readonly Table[] } = {}): Promise<void> {
      const wanted = tables.filter((table) => only.includes(table) && !stored.has(table));
      for (const table of wanted) await insert(table);
      stored = only === tables ? new Set() : new Set([...stored, ...wanted]);
      if (only === tables) blocks.reset(incarnation);
    },
  };
  for (const partition of only ?? offsets.keys()) {
    log.mark(partition);
    write(partition, producers[partition]!.open());
  }
  return log;
}
