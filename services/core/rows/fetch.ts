import type { ClickHouseSettings } from '@clickhouse/client';
import type { ClickHouseClient } from '../clients/clickhouse.js';

/**
 * The answer of a SELECT in RowBinary. ClickHouse holds the answer back until it is whole, so that an error in its middle comes as an
 * error and not as bytes of a row.
 */
export async function fetchRowBinary({
  clickhouse,
  query,
  params,
  settings = {},
  signal,
}: {
  clickhouse: ClickHouseClient;
  query: string;
  params: Record<string, unknown>;
  settings?: ClickHouseSettings;
  signal?: AbortSignal | undefined;
}): Promise<Buffer> {
  const { stream } = await clickhouse.exec({
    query: `${query} FORMAT RowBinary`,
    query_params: params,
    clickhouse_settings: { ...settings, wait_end_of_query: 1 },
    ...(signal ? { abort_signal: signal } : {}),
  });
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
