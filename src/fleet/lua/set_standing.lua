-- Keeps what PostgreSQL says about a rider's availability unless something newer stands there already.
-- KEYS: last, standing, seen, silent, available foot|bicycle|motorcycle|car.
-- ARGV: rider, version, standing, now_ms, forget_at_ms, move. Answers what the zone holds of the rider: a move's trace means: follow.
local ORDER = {foot = 5, bicycle = 6, motorcycle = 7, car = 8}
local rider, version = ARGV[1], tonumber(ARGV[2])
local stood = redis.call('HGET', KEYS[1], rider) or ''
local trace = string.match(stood, '^>(%d+)')
if trace and tonumber(trace) > tonumber(ARGV[6]) then
  return stood
elseif trace then
  stood = ''
end
local known = redis.call('HGET', KEYS[2], rider)
if known and tonumber(string.match(known, '^%d+')) >= version then
  return stood
end
redis.call('HSET', KEYS[2], rider, ARGV[3])
for index = 5, 8 do
  redis.call('ZREM', KEYS[index], rider)
end
if stood == '' then
  redis.call('ZADD', KEYS[4], ARGV[5], rider)
  return stood
end
local is_available, vehicle = string.match(ARGV[3], '^%d+:(%d):(%a+):')
local stale_at_ms = redis.call('ZSCORE', KEYS[3], rider)
if is_available == '1' and stale_at_ms and tonumber(stale_at_ms) > tonumber(ARGV[4]) then
  local last = cjson.decode(string.match(stood, '^%d+:%d+:(.*)$'))[1]
  if math.abs(last[2]) <= 85.05112878 then
    redis.call('GEOADD', KEYS[ORDER[vehicle]], string.format('%.10f', last[3]), string.format('%.10f', last[2]), rider)
  end
end
return stood
