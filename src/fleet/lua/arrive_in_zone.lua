-- Puts a rider who moved into the new zone. Repeating it, or coming late, changes nothing.
-- KEYS: last, standing, silent, trail. ARGV: rider, move, record, standing, forget_at_ms, trail_ttl_s, then device_at_ms, position…
local rider, move = ARGV[1], tonumber(ARGV[2])
local stood = redis.call('HGET', KEYS[1], rider) or ''
local known = tonumber(string.match(stood, '^>?(%d+)') or -1)
if known < move then
  redis.call('HSET', KEYS[1], rider, ARGV[3])
  if ARGV[4] ~= '' then
    redis.call('HSET', KEYS[2], rider, ARGV[4])
  end
  redis.call('ZADD', KEYS[3], ARGV[5], rider)
elseif known > move or string.sub(stood, 1, 1) == '>' then
  return 0
end
for index = 7, #ARGV, 2 do
  if redis.call('ZCOUNT', KEYS[4], ARGV[index], ARGV[index]) == 0 then
    redis.call('ZADD', KEYS[4], ARGV[index], ARGV[index + 1])
  end
end
redis.call('EXPIRE', KEYS[4], ARGV[6])
return 1
