import { join } from 'node:path';
import type { DataFolder } from '../supervisor/data-folder.js';
import { writePrivateFile } from '../supervisor/data-folder.js';
import { LOOPBACK } from '../supervisor/ports.js';
import type { Part } from './part.js';
import { password } from './password.js';
import { askOverTcp } from './tcp.js';

/** Redis' own limits here: windows and limits are small, and a full Redis must refuse a write, not forget one. */
const redisConf = ({ port, folder, secret }: { port: number; folder: string; secret: string }) => `\
bind ${LOOPBACK}
port ${port}
requirepass ${secret}
dir "${folder}"
appendonly yes
appendfsync everysec
save ""
maxmemory 512mb
maxmemory-policy noeviction
databases 16
# Timers ten times a second are the default; expiry and rewrites of a small instance need no more than one.
hz 1
dynamic-hz yes
set-proc-title no
daemonize no
`;

export function redisPart({ folder, port, env }: { folder: DataFolder; port: number; env: NodeJS.ProcessEnv }): Part {
  const dir = folder.part('redis');
  const confFile = join(dir, 'redis.conf');
  const secret = password({ folder, name: 'redis' });
  return {
    spec: {
      name: 'redis',
      command: 'redis-server',
      args: [confFile],
      env,
      cwd: dir,
      isNode: false,
      stopTimeoutMs: 10_000,
    },
    address: { variable: 'REDIS_URL', value: `redis://:${secret}@${LOOPBACK}:${port}` },
    // Its file may have to come from a cold disk that everything else reads from, too.
    readyTimeoutMs: 120_000,
    async prepare() {
      writePrivateFile(confFile, redisConf({ port, folder: dir, secret }));
    },
    // While it reads its file back in, Redis accepts connections and answers -LOADING.
    async isReady() {
      const answer = await askOverTcp({ port, message: `AUTH ${secret}\r\nPING\r\n` });
      return answer === '+OK\r\n+PONG\r\n';
    },
  };
}
