-- Stores uploads of many riders of one zone, each only if nobody wrote since it was judged.
-- KEYS: last, standing, seen, silent, available foot|bicycle|motorcycle|car, then one trail per rider.
-- ARGV: now_ms, forget_at_ms, trail_kept_ms, trail_ttl_s, then per rider:
--   rider, expected head ('' for none), new head, track, lat, lon, stale_at_ms, count, and count times device_at_ms, position.
-- A head is "<move>:<device_at_ms>:". The trace of a move that is older than the claim of this zone counts as nothing. Answers per rider: written|conflict, what stood there, standing, one '1' or '0' per
-- position: whether the trail did not have it yet.
local FOOT = 5
local ORDER = {foot = 5, bicycle = 6, motorcycle = 7, car = 8}
local MAX_LAT = 85.05112878 -- geo sets end here
local now_ms, forget_at_ms, trail_kept_ms, trail_ttl_s = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), ARGV[4]

local function enter_trail(key, first, count)
  local news = {}
  for index = 1, count do
    local device_at_ms, position = ARGV[first + 2 * index - 2], ARGV[first + 2 * index - 1]
    if redis.call('ZCOUNT', key, device_at_ms, device_at_ms) == 0 then
      redis.call('ZADD', key, device_at_ms, position)
      news[index] = '1'
    else
      news[index] = '0'
    end
  end
  if count > 0 then
    local newest = redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')
    redis.call('ZREMRANGEBYSCORE', key, '-inf', '(' .. string.format('%.0f', tonumber(newest[2]) - trail_kept_ms))
    redis.call('EXPIRE', key, trail_ttl_s)
  end
  return table.concat(news)
end

local function place(rider, standing, lat, lon, stale_at_ms)
  local is_available, vehicle = string.match(standing, '^%d+:(%d):(%a+):')
  if tonumber(stale_at_ms) > now_ms then
    redis.call('ZADD', KEYS[3], stale_at_ms, rider)
    redis.call('ZREM', KEYS[4], rider)
    if is_available == '1' and math.abs(tonumber(lat)) <= MAX_LAT then
      redis.call('GEOADD', KEYS[ORDER[vehicle]], lon, lat, rider)
      return
    end
  else
    redis.call('ZREM', KEYS[3], rider)
    redis.call('ZADD', KEYS[4], forget_at_ms, rider)
  end
  for index = FOOT, FOOT + 3 do
    redis.call('ZREM', KEYS[index], rider)
  end
end

local answers = {}
local at, trail = 5, 9
while at <= #ARGV do
  local rider, expected, head, track = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local count = tonumber(ARGV[at + 7])
  local stood = redis.call('HGET', KEYS[1], rider) or ''
  local standing = redis.call('HGET', KEYS[2], rider) or ''
  local trace = string.match(stood, '^>(%d+)')
  if trace and tonumber(trace) < tonumber(string.match(head, '^%d+')) then
    stood = ''
  end
  if (string.match(stood, '^%d+:%d+:') or stood) == expected then
    redis.call('HSET', KEYS[1], rider, head .. track)
    place(rider, standing, ARGV[at + 4], ARGV[at + 5], ARGV[at + 6])
    answers[#answers + 1] = {'written', '', standing, enter_trail(KEYS[trail], at + 8, count)}
  else
    answers[#answers + 1] = {'conflict', stood, standing, ''}
  end
  at = at + 8 + 2 * count
  trail = trail + 1
end
return answers
