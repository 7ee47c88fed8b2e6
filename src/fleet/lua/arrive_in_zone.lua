-- Puts a rider who moved into the new zone. Repeating it, or coming late, changes nothing.
-- KEYS: last, standing, silent. ARGV: rider, move, record, standing, forget_at_ms.
local rider, move = ARGV[1], tonumber(ARGV[2])
local stood = redis.call('HGET', KEYS[1], rider) or ''
local known = tonumber(string.match(stood, '^>?(%d+)') or -1)
if known < move then
  redis.call('HSET', KEYS[1], rider, ARGV[3])
  if ARGV[4] ~= '' then
    redis.call('HSET', KEYS[2], rider, ARGV[4])
  end
  redis.call('ZADD', KEYS[3], ARGV[5], rider)
end
return 1
