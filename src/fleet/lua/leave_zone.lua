-- Takes a rider out of a zone and leaves a trace that whoever comes by can finish the move from.
-- KEYS: last, standing, seen, silent, available foot|bicycle|motorcycle|car.
-- ARGV: rider, expected head, move, zone it goes to, forget_at_ms. Answers the trace, or what stands there instead.
-- A trace is ">move|zone|standing|record".
local rider = ARGV[1]
local stood = redis.call('HGET', KEYS[1], rider) or ''
if string.match(stood, '^%d+:%d+:') ~= ARGV[2] then
  return stood
end
local standing = redis.call('HGET', KEYS[2], rider) or ''
local record = ARGV[3] .. string.match(stood, '^%d+(:.*)$')
local trace = '>' .. ARGV[3] .. '|' .. ARGV[4] .. '|' .. standing .. '|' .. record
redis.call('HSET', KEYS[1], rider, trace)
redis.call('HDEL', KEYS[2], rider)
for index = 3, 8 do
  redis.call('ZREM', KEYS[index], rider)
end
redis.call('ZADD', KEYS[4], ARGV[5], rider)
return trace
