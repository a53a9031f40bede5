import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import { decodeEventRows, eventColumns, fetchRowBinary, rowToWire } from '../../core/rows/index.js';
import type { WireEvent } from '../../core/wire/index.js';

/** Events as the consumer stored them, of all organizations: what windows are rebuilt from. The only reader of the table here. */
export interface StoredEvents {
  /** Every stored event at or after a time, by its own clock, in no order that matters. */
  since(fromUs: number, onEvent: (event: WireEvent, appendTimeUs: number) => void): Promise<void>;
  /** Append time of the newest record below an offset, µs; undefined where there is none. */
  appendedUs(at: { incarnation: Buffer; partition: number; below: number }): Promise<number | undefined>;
}

const sliceRows = 20_000;
const minuteUs = 60_000_000;

export function createStoredEvents({
  clickhouse,
  database,
}: {
  clickhouse: ClickHouseClient;
  database: string;
}): StoredEvents {
  const from = (us: number): number => Math.max(0, Math.floor(us));
  const rows = async <T>(query: string, params: Record<string, unknown>): Promise<T[]> => {
    const result = await clickhouse.query({
      query,
      query_params: { database, ...params },
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    });
    return result.json<T>();
  };

  /** Stretches of time with about `sliceRows` events each, but no shorter than a minute. */
  const slices = async (fromUs: number): Promise<{ fromUs: number; toUs: number }[]> => {
    const minutes = await rows<{ minute: number; events: number }>(
      `SELECT intDiv(toUnixTimestamp64Micro(occurred_at), ${minuteUs}) AS minute, count() AS events
        FROM {database:Identifier}.events WHERE occurred_at >= fromUnixTimestamp64Micro({from:Int64})
        GROUP BY minute ORDER BY minute`,
      { from: from(fromUs) },
    );
    const found: { fromUs: number; toUs: number; events: number }[] = [];
    for (const { minute, events } of minutes) {
      const last = found.at(-1);
      const toUs = (minute + 1) * minuteUs;
      if (last && last.events + events <= sliceRows) {
        last.toUs = toUs;
        last.events += events;
      } else found.push({ fromUs: Math.max(fromUs, minute * minuteUs), toUs, events });
    }
    return found;
  };

  return {
    async since(fromUs, onEvent) {
      for (const slice of await slices(fromUs)) {
        const bytes = await fetchRowBinary({
          clickhouse,
          query: `SELECT ${eventColumns.join(', ')} FROM {database:Identifier}.events
            WHERE occurred_at >= fromUnixTimestamp64Micro({from:Int64}) AND occurred_at < fromUnixTimestamp64Micro({to:Int64})`,
          params: { database, from: from(slice.fromUs), to: from(slice.toUs) },
        });
        for (const row of decodeEventRows(bytes)) onEvent(rowToWire(row), row.append_time * 1_000);
      }
    },
    async appendedUs({ incarnation, partition, below }) {
      const [found] = await rows<{ at: number }>(
        `SELECT toUnixTimestamp64Milli(append_time) AS at FROM {database:Identifier}.batches
          WHERE incarnation = unhex({incarnation:String}) AND partition = {partition:UInt32} AND offset < {below:UInt64}
          ORDER BY offset DESC LIMIT 1`,
        { incarnation: incarnation.toString('hex'), partition, below },
      );
      return found && found.at * 1_000;
    },
  };
}
