import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';

export type { ClickHouseClient };

/** An unmodified ClickHouse client. `url` carries user and password. */
export function createClickHouse({
  url,
  database,
  requestTimeoutMs = 60_000,
}: {
  url: URL;
  database?: string;
  requestTimeoutMs?: number;
}): ClickHouseClient {
  return createClient({
    url,
    request_timeout: requestTimeoutMs,
    application: 'sealstream',
    // Whoever asked gets the error; the client's own log lines are no JSON of ours and repeat it.
    log: { level: ClickHouseLogLevel.OFF },
    ...(database === undefined ? {} : { database }),
    clickhouse_settings: { async_insert: 0, date_time_input_format: 'best_effort' },
  });
}
