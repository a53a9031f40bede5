import type { Redis } from 'ioredis';

/** One holder at a time, of those that share a Redis; whoever goes away is succeeded when its time is over. */
export interface Lease {
  /** Takes or renews it. Resolves with whether it is held. */
  hold(forMs: number): Promise<boolean>;
  /** Never rejects. */
  release(): Promise<void>;
}

const holdScript = `
local holder = redis.call('GET', KEYS[1])
if not holder or holder == ARGV[1] then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) return 1 end
return 0`;
const releaseScript = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`;

export const createLease = ({ redis, key, holder }: { redis: Redis; key: string; holder: string }): Lease => ({
  hold: async (forMs) => (await redis.eval(holdScript, 1, key, holder, forMs)) === 1,
  async release() {
    await redis.eval(releaseScript, 1, key, holder).catch(() => {});
  },
});
