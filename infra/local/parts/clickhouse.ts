import { distFile } from '../checkout.js';
import { THREAD_POOL_SIZE } from '../clickhouse/config.js';
import { answersOk } from '../start-child.js';
import type { DataFolder } from '../supervisor/data-folder.js';
import { LOOPBACK } from '../supervisor/ports.js';
import type { Part } from './part.js';
import { password } from './password.js';

const USER = 'sealstream';

/** ClickHouse in-process (chdb) behind the HTTP front: one process owns the folder, everyone else talks HTTP. */
export function clickhousePart({
  folder,
  port,
  env,
}: {
  folder: DataFolder;
  port: number;
  env: NodeJS.ProcessEnv;
}): Part {
  const secret = password({ folder, name: 'clickhouse' });
  return {
    spec: {
      name: 'clickhouse',
      command: process.execPath,
      args: [distFile('infra/local/clickhouse/main.js')],
      env: {
        ...env,
        UV_THREADPOOL_SIZE: String(THREAD_POOL_SIZE),
        CLICKHOUSE_FRONT_PORT: String(port),
        CLICKHOUSE_FRONT_DATA: folder.part('clickhouse'),
        CLICKHOUSE_FRONT_USER: USER,
        CLICKHOUSE_FRONT_PASSWORD: secret,
      },
      cwd: folder.part('clickhouse'),
      isNode: true,
      stopTimeoutMs: 20_000,
    },
    address: { variable: 'CLICKHOUSE_URL', value: `http://${USER}:${secret}@${LOOPBACK}:${port}` },
    readyTimeoutMs: 60_000,
    async prepare() {},
    isReady: () => answersOk(`http://${LOOPBACK}:${port}/ping`),
  };
}
