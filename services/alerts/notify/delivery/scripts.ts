/**
 * What Redis does in one step. All keys of a deployment carry the same hash tag, so that a cluster keeps them together. Who works on a
 * channel holds its lease, a text of his own; scripts that change messages do nothing for anybody else.
 */

/** KEYS channels, order, entries, place, seen; ARGV channel, member, id, entry, limit, now, remember. */
export const enqueueScript = `
if redis.call('EXISTS', KEYS[5]) == 1 then return 'known' end
if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[5]) then return 'full' end
redis.call('SET', KEYS[5], '1', 'PX', ARGV[7])
redis.call('HSET', KEYS[3], ARGV[3], ARGV[4])
redis.call('ZADD', KEYS[2], redis.call('INCR', KEYS[4]), ARGV[2])
redis.call('ZADD', KEYS[1], ARGV[6], ARGV[1])
return 'queued'`;

/** KEYS lease; ARGV holder, lease ms. */
export const renewScript = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/** KEYS lease; ARGV holder. */
export const releaseScript = `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1`;

/** KEYS lease, order, entries, messages; ARGV holder, delivery id, message, how many members, members…, ids…. */
export const beginScript = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[4], ARGV[2], ARGV[3])
local count = tonumber(ARGV[4])
for at = 5, 4 + count do redis.call('ZREM', KEYS[2], ARGV[at]) end
for at = 5 + count, 4 + 2 * count do redis.call('HDEL', KEYS[3], ARGV[at]) end
return 1`;

/** KEYS lease, messages; ARGV holder, delivery id, message or '' to end it. */
export const settleScript = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[3] == '' then redis.call('HDEL', KEYS[2], ARGV[2]) else redis.call('HSET', KEYS[2], ARGV[2], ARGV[3]) end
return 1`;

/** KEYS channels, order, messages; ARGV channel, when to look again, last place that was seen. What came since keeps the channel awake. */
export const restScript = `
local last = redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')
if last[2] and tonumber(last[2]) > tonumber(ARGV[3]) then return 0 end
if not last[2] and redis.call('HLEN', KEYS[3]) == 0 then redis.call('ZREM', KEYS[1], ARGV[1]) return 1 end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
return 1`;

/** KEYS channels, messages; ARGV channel, delivery id, message, now, limit. */
export const restoreScript = `
if redis.call('HEXISTS', KEYS[2], ARGV[2]) == 0 and redis.call('HLEN', KEYS[2]) >= tonumber(ARGV[5]) then return 0 end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
redis.call('ZADD', KEYS[1], ARGV[4], ARGV[1])
return 1`;
