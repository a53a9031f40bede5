// Keys are built in the scripts from the prefix: one Redis, no cluster. Times are microseconds as decimal texts, which keep every digit.

/** What both scripts begin with: the windows' generation, and the ways of one group. */
const shared = `
local prefix, generation = ARGV[1], ARGV[2]
if redis.call('GET', prefix .. ':generation') ~= generation then return { 'lost' } end
local root = prefix .. ':' .. generation .. ':'
local function stateKey(window, group) return root .. 'state:' .. window .. ':' .. group end
local function matchesKey(window, group) return root .. 'matches:' .. window .. ':' .. group end
local function reportedKey(window, group) return root .. 'reported:' .. window .. ':' .. group end
local function groupsKey(window) return root .. 'groups:' .. window end
local function waitingKey(window) return root .. 'waiting:' .. window end
local function drop(window, group)
  redis.call('UNLINK', stateKey(window, group), matchesKey(window, group), reportedKey(window, group))
  redis.call('ZREM', groupsKey(window), group)
  redis.call('ZREM', waitingKey(window), group)
end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local function touch(window, group)
  local key = stateKey(window, group)
  local revision = math.max(now, (tonumber(redis.call('HGET', key, 'revision')) or 0) + 1)
  redis.call('HSET', key, 'revision', string.format('%.0f', revision))
end
local function whole(window, group)
  local state = redis.call('HMGET', stateKey(window, group), 'revision', 'settled', 'group')
  local matches = redis.call('ZRANGE', matchesKey(window, group), 0, -1, 'WITHSCORES')
  return { state[1] or '0', state[2] or '', state[3] or '', redis.call('HGETALL', reportedKey(window, group)), matches }
end
`;

/**
 * ARGV: prefix, generation, positions {partition: offset} that the caller knows to be behind it, additions. An addition is {window, group, names of the
 * group as JSON, how long to keep it (ms), needed until, most groups, whether its matches wait, settled state for a group that is not
 * there, reported runs likewise, reach, time and text of each match …}. Answers {'ok', watermark, evicted groups, matches that came
 * too late, states}; the state of a group that waits is left out.
 */
export const takeScript = `${shared}
for partition, offset in pairs(cjson.decode(ARGV[3])) do
  local known = redis.call('HGET', root .. 'progress', partition)
  -- A Redis that came back without its last seconds knows less than its caller.
  if (tonumber(known and string.match(known, '^%d+')) or 0) < offset then return { 'lost' } end
end
local evicted, tooLate, states = 0, 0, {}
for _, addition in ipairs(cjson.decode(ARGV[4])) do
  local window, group = addition[1], addition[2]
  local state, matches = stateKey(window, group), matchesKey(window, group)
  if redis.call('EXISTS', state) == 0 then
    redis.call('HSET', state, 'group', addition[3], 'settled', addition[8])
    for index = 1, #addition[9], 2 do
      redis.call('HSET', reportedKey(window, group), addition[9][index], addition[9][index + 1])
    end
  end
  local settled = tonumber(redis.call('HGET', state, 'to')) or -1
  local least
  for index = 11, #addition, 2 do
    local at = tonumber(addition[index])
    if at < settled - tonumber(addition[10]) then
      tooLate = tooLate + 1
    else
      local new = redis.call('ZADD', matches, addition[index], addition[index + 1])
      if at > settled then
        if not least or at < least then least = at end
      elseif new == 1 then
        tooLate = tooLate + 1
      end
    end
  end
  if #addition >= 11 then
    touch(window, group)
    redis.call('ZADD', groupsKey(window), 'GT', addition[5], group)
    redis.call('PEXPIRE', state, addition[4])
    redis.call('PEXPIRE', matches, addition[4])
    redis.call('PEXPIRE', reportedKey(window, group), addition[4])
    while redis.call('ZCARD', groupsKey(window)) > addition[6] do
      local oldest = redis.call('ZRANGE', groupsKey(window), 0, 0)[1]
      drop(window, oldest)
      evicted = evicted + 1
    end
  end
  if addition[7] == 1 then
    if least then redis.call('ZADD', waitingKey(window), 'LT', string.format('%.0f', least), group) end
    states[#states + 1] = false
  else
    states[#states + 1] = whole(window, group)
  end
end
return { 'ok', redis.call('GET', root .. 'watermark') or '', evicted, tooLate, states }
`;

/**
 * ARGV: prefix, generation, announcements. An announcement is {window, group, revision it was judged at or '' for whatever it is now, keep
 * for (ms), runs as {id, text …}}. One that was judged at an older revision changes nothing, and its state as it is now comes back.
 * Answers {'ok', revisions after it ('' where the group is not there), {index, state} of those that moved}.
 */
export const announceScript = `${shared}
local revisions, moved = {}, {}
for index, one in ipairs(cjson.decode(ARGV[3])) do
  local window, group = one[1], one[2]
  local state, reported = stateKey(window, group), reportedKey(window, group)
  local revision = redis.call('HGET', state, 'revision')
  if revision and one[3] ~= '' and revision ~= one[3] then
    moved[#moved + 1] = { index, whole(window, group) }
  else
    -- What is known to be stored stays known.
    for at = 1, #one[5], 2 do redis.call('HSETNX', reported, one[5][at], one[5][at + 1]) end
    redis.call('PEXPIRE', reported, one[4])
    -- Whoever holds an older state would settle without them.
    if revision then touch(window, group) end
  end
  revisions[index] = redis.call('HGET', state, 'revision') or ''
end
return { 'ok', revisions, moved }
`;

/**
 * ARGV: prefix, generation, settlements. A settlement is {window, group, revision it was judged at, settled to, settled state, keep
 * matches from, waiting from or '', needed until, keep for (ms), reported runs as {id, text …}, ends as {time, id …}, ids that end no more …}.
 * One that was judged at an older revision changes nothing but adds its reported runs, and its state as it is now comes back.
 */
export const settleScript = `${shared}
local moved = {}
for index, one in ipairs(cjson.decode(ARGV[3])) do
  local window, group = one[1], one[2]
  local state, reported = stateKey(window, group), reportedKey(window, group)
  for at = 1, #one[11], 2 do redis.call('ZADD', root .. 'ends', one[11][at], one[11][at + 1]) end
  for _, id in ipairs(one[12]) do redis.call('ZREM', root .. 'ends', id) end
  local isNow = redis.call('HGET', state, 'revision') == one[3]
  if isNow then
    -- Whoever judged the same revision did so before this settling took matches away.
    touch(window, group)
    redis.call('UNLINK', reported)
    redis.call('HSET', state, 'to', one[4], 'settled', one[5])
    redis.call('ZREMRANGEBYSCORE', matchesKey(window, group), '-inf', '(' .. one[6])
    redis.call('ZREM', waitingKey(window), group)
    if one[7] ~= '' then redis.call('ZADD', waitingKey(window), one[7], group) end
    redis.call('ZADD', groupsKey(window), one[8], group)
  end
  for at = 1, #one[10], 2 do redis.call('HSET', reported, one[10][at], one[10][at + 1]) end
  redis.call('PEXPIRE', reported, one[9])
  if not isNow and redis.call('EXISTS', state) == 1 then moved[#moved + 1] = { index, whole(window, group) } end
end
return { 'ok', moved }
`;

/** ARGV: prefix, generation, window, needed until less than this, most of them. Drops groups that matter no more; answers how many. */
export const forgetScript = `${shared}
local groups = redis.call('ZRANGEBYSCORE', groupsKey(ARGV[3]), '-inf', '(' .. ARGV[4], 'LIMIT', 0, ARGV[5])
for _, group in ipairs(groups) do drop(ARGV[3], group) end
return { 'ok', #groups }
`;

/** ARGV: prefix, generation, then partition, offset and append time (µs) of each. Neither goes back. */
export const progressScript = `${shared}
for index = 3, #ARGV, 3 do
  local known = redis.call('HGET', root .. 'progress', ARGV[index])
  local offset, time = string.match(known or '0 0', '^(%d+) (%d+)$')
  redis.call('HSET', root .. 'progress', ARGV[index],
    string.format('%.0f %.0f', math.max(tonumber(offset), ARGV[index + 1]), math.max(tonumber(time), ARGV[index + 2])))
end
return { 'ok' }
`;
