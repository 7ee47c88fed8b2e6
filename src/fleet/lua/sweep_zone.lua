-- Takes riders whose position went stale out of matching, and forgets those who have been silent for long.
-- KEYS: last, standing, seen, silent, available foot|bicycle|motorcycle|car. ARGV: now_ms, forget_at_ms, at most.
-- Answers the riders who went stale, and those forgotten who had not moved on to another zone.
local stale = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])
for _, rider in ipairs(stale) do
  for index = 5, 8 do
    redis.call('ZREM', KEYS[index], rider)
  end
  redis.call('ZREM', KEYS[3], rider)
  redis.call('ZADD', KEYS[4], ARGV[2], rider)
end
local forgotten = {}
for _, rider in ipairs(redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])) do
  local stood = redis.call('HGET', KEYS[1], rider) or ''
  if string.sub(stood, 1, 1) ~= '>' then
    forgotten[#forgotten + 1] = rider
  end
  redis.call('HDEL', KEYS[1], rider)
  redis.call('HDEL', KEYS[2], rider)
  redis.call('ZREM', KEYS[4], rider)
end
return {stale, forgotten}
