const MIB = 1024 * 1024;

/** For the process, given when the engine opens: bounds for a machine that runs other things too. */
export const serverArgs: readonly string[] = [
  '--max_server_memory_usage_to_ram_ratio=0.5',
  `--mark_cache_size=${256 * MIB}`,
  `--primary_index_cache_size=${256 * MIB}`,
  `--index_mark_cache_size=${64 * MIB}`,
  // Idle threads to keep after a burst; each holds some files open.
  '--max_thread_pool_free_size=32',
  `--query_condition_cache_size=${16 * MIB}`,
];

/** For every connection: settings in which the embedded engine differs from a server. */
export const sessionArgs: readonly string[] = [
  '--implicit_select=0',
  '--allow_introspection_functions=0',
  // While a connection is prepared: ClickHouse does not count the values of parameters as part of the statement.
  `--max_query_size=${1024 * MIB}`,
];

/** ClickHouse's default, and room for what the front adds to a statement. */
export const MAX_QUERY_SIZE = 262_144 + 4_096;
