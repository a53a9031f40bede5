// What the stored year takes on disk.
import { setTimeout as sleep } from 'node:timers/promises';

export type Ask = <T>(query: string) => Promise<T[]>;

/** Waits until background merges are through, five minutes at most. */
/** As a server is that has run for long: months that are over are one part each (min_age_to_force_merge_seconds), nothing is merging. */
export async function settle(ask: Ask, command: (statement: string) => Promise<unknown>): Promise<void> {
  const months = await ask<{ table: string; partition: string }>(
    `SELECT table, partition FROM system.parts WHERE active AND database = currentDatabase()
     GROUP BY table, partition HAVING count() > 1 AND partition < toString(toYYYYMM(now())) ORDER BY table, partition`,
  );
  for (const { table, partition } of months) await command(`OPTIMIZE TABLE ${table} PARTITION ${partition} FINAL`);
  let quiet = 0;
  for (const until = Date.now() + 300_000; Date.now() < until && quiet < 3; await sleep(1_000)) {
    const [row] = await ask<{ merges: string }>('SELECT count() AS merges FROM system.merges');
    quiet = Number(row!.merges) === 0 ? quiet + 1 : 0;
  }
}

/** Which columns belong together when their bytes are counted. */
const groups: Readonly<Record<string, readonly string[]>> = {
  'place (offsets, sequences, append time)': [
    'incarnation',
    'partition',
    'offset',
    'idx',
    'lane',
    'seq',
    'append_time',
  ],
  'id, time': ['id_time', 'id_random', 'occurred_at'],
  'correlation, request, trace': ['correlation_id', 'request_id', 'trace_id'],
  'actor, target (ids and names)': [
    'actor_type',
    'actor_id',
    'actor_name',
    'actor_email',
    'target_type',
    'target_id',
    'target_name',
    'related_type',
    'related_id',
  ],
  'address, agent, session': ['ip_bytes', 'user_agent', 'session_id'],
  'message, path, details, before, after': ['message', 'path', 'details', 'before', 'after'],
};

export async function printSizes({
  ask,
  database,
  events,
  print,
}: {
  ask: Ask;
  database: string;
  events: number;
  print: (text: string) => void;
}): Promise<void> {
  const each = (bytes: string | number | undefined): string => (Number(bytes ?? 0) / events).toFixed(2);
  const ours = `active AND database = '${database}' AND table IN ('events', 'batches')`;
  const tables = await ask<Record<string, string>>(
    `SELECT table, count() AS parts, sum(bytes_on_disk) AS bytes, sum(data_compressed_bytes) AS columns,
       sum(secondary_indices_compressed_bytes) AS indices, sum(marks_bytes) AS marks
     FROM system.parts WHERE ${ours} GROUP BY table ORDER BY table`,
  );
  const total = tables.reduce((sum, { bytes }) => sum + Number(bytes), 0);
  print(`${each(total)} bytes an event on disk in all`);
  for (const { table, parts, bytes, columns, indices, marks } of tables) {
    print(
      `${table}: ${each(bytes)} in ${parts} parts (columns ${each(columns)}, indices ${each(indices)}, marks ${each(marks)})`,
    );
  }
  const sizes = await ask<{ column: string; bytes: string }>(
    `SELECT column, sum(column_data_compressed_bytes) AS bytes FROM system.parts_columns
     WHERE ${ours} AND table = 'events' GROUP BY column ORDER BY bytes DESC`,
  );
  const bytesOf = (wanted: (column: string) => boolean): number =>
    sizes.filter(({ column }) => wanted(column)).reduce((sum, { bytes }) => sum + Number(bytes), 0);
  const grouped = new Set(Object.values(groups).flat());
  for (const [name, columns] of Object.entries(groups)) {
    print(`  ${name}: ${each(bytesOf((column) => columns.includes(column)))}`);
  }
  print(`  everything else: ${each(bytesOf((column) => !grouped.has(column)))}`);
  const largest = sizes.slice(0, 16).map(({ column, bytes }) => `${column} ${each(bytes)}`);
  print(`  largest columns: ${largest.join(', ')}`);
  for (const [what, sql] of [
    [
      'projection',
      `SELECT name, sum(bytes_on_disk) AS bytes FROM system.projection_parts WHERE ${ours} GROUP BY name ORDER BY name`,
    ],
    [
      'index',
      `SELECT name, data_compressed_bytes AS bytes FROM system.data_skipping_indices WHERE database = '${database}'
         AND table = 'events' ORDER BY bytes DESC`,
    ],
  ] as const) {
    const rows = await ask<{ name: string; bytes: string }>(sql);
    for (const { name, bytes } of rows) print(`  ${what} ${name}: ${each(bytes)}`);
  }
}
