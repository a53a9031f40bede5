// Rows per second into the ClickHouse front, by format, over HTTP with @clickhouse/client. Starts a front of its own:
//   node dist/test/bench/clickhouse-front.js [blocks] [rows per block]
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { ClickHouseClient } from '@clickhouse/client';
import { startFront } from '../support/clickhouse-front.js';
import { nativeBlock, strings, uint64s } from '../support/native-block.js';

const [blocks = 10, rows = 200_000] = process.argv.slice(2).map(Number);
const COLUMNS = 'id UInt64, actor LowCardinality(String), action LowCardinality(String), message String';
const ACTORS = Array.from({ length: 500 }, (_, index) => `user-${index}`);
const ACTIONS = ['auth.login', 'auth.login_failed', 'member.add', 'role.change', 'api_key.create'];

/** CPU seconds that a process has used; Linux only, elsewhere 0. */
function cpuSeconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}

function blockOf(first: number): Buffer {
  const ids = Array.from({ length: rows }, (_, index) => first + index);
  const pick = (from: string[]) => ids.map((id) => from[id % from.length] as string);
  return nativeBlock(rows, [
    { name: 'id', type: 'UInt64', data: uint64s(ids) },
    { name: 'actor', type: 'String', data: strings(pick(ACTORS)) },
    { name: 'action', type: 'String', data: strings(pick(ACTIONS)) },
    { name: 'message', type: 'String', data: strings(ids.map((id) => `message number ${id}`)) },
  ]);
}

async function bytesOf(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function send(client: ClickHouseClient, query: string, body: Buffer): Promise<void> {
  const settings = { async_insert: 0 as const };
  const { stream } = await client.exec({ query, values: Readable.from([body]), clickhouse_settings: settings });
  await bytesOf(stream as AsyncIterable<Buffer>);
}

const front = await startFront({ env: { UV_THREADPOOL_SIZE: '18' } });
try {
  const client = front.client();
  const create = `(${COLUMNS}) ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 1000`;
  await client.command({ query: `CREATE TABLE source ${create}` });
  const native = Array.from({ length: blocks }, (_, index) => blockOf(index * rows));
  for (const block of native) await send(client, 'INSERT INTO source FORMAT Native', block);

  for (const format of ['Native', 'RowBinary', 'JSONEachRow']) {
    const bodies: Buffer[] = [];
    for (let index = 0; index < blocks; index++) {
      const query = `SELECT * FROM source WHERE id >= ${index * rows} AND id < ${(index + 1) * rows} FORMAT ${format}`;
      bodies.push(await bytesOf((await client.exec({ query })).stream as AsyncIterable<Buffer>));
    }
    const sent = format === 'Native' ? native : bodies;
    await client.command({ query: `CREATE TABLE into_${format} ${create}` });
    const [cpu, started] = [cpuSeconds(front.pid), performance.now()];
    for (const body of sent) await send(client, `INSERT INTO into_${format} FORMAT ${format}`, body);
    const seconds = (performance.now() - started) / 1000;
    const total = blocks * rows;
    const perMillion = ((cpuSeconds(front.pid) - cpu) / total) * 1e6;
    console.log(
      `${format}: ${Math.round(total / seconds).toLocaleString('en')} rows/s, ` +
        `${perMillion.toFixed(2)} CPU seconds of the front per million rows (${blocks} blocks of ${rows})`,
    );
  }

  const started = performance.now();
  const { stream } = await client.exec({ query: 'SELECT * FROM source FORMAT Native' });
  const bytes = (await bytesOf(stream as AsyncIterable<Buffer>)).length;
  const seconds = (performance.now() - started) / 1000;
  console.log(
    `SELECT, Native: ${Math.round((blocks * rows) / seconds).toLocaleString('en')} rows/s, ${Math.round(bytes / seconds / 1e6)} MB/s`,
  );
  const asked = performance.now();
  const QUERIES = 500;
  for (let n = 0; n < QUERIES; n++) {
    await (await client.query({ query: 'SELECT {n:UInt32} AS n', query_params: { n }, format: 'JSONEachRow' })).json();
  }
  console.log(`SELECT 1: ${((performance.now() - asked) / QUERIES).toFixed(2)} ms each, one after another`);
} finally {
  await front.remove();
}
