-- Stores uploads of many riders of one zone, each only if nobody wrote since it was judged, and tells whoever watches.
-- KEYS: last, standing, seen, silent, available foot|bicycle|motorcycle|car, unwritten, backlog, then one tail per rider.
-- ARGV: now_ms, forget_at_ms, the most that may wait for PostgreSQL, a channel's beginning, then per rider (each once):
--   rider, expected head ('' for none), new head, track, lat, lon, measured_at_ms ('' where that is no
--   news), stale_at_ms, count, what is kept of the upload, how many uploads the tail must have ('': any).
-- A head is "<move>:<device_at_ms>:". The trace of a move that is older than the claim of this zone counts as nothing.
-- Answers 'full', or per rider the standing where it was written, else what stood there and the standing.
local ORDER = {foot = 5, bicycle = 6, motorcycle = 7, car = 8}
local MAX_LAT = 85.05112878 -- geo sets end here
local FIRST, WIDTH = 5, 11
local now_ms, forget_at_ms, channel = tonumber(ARGV[1]), ARGV[2], ARGV[4]

if tonumber(redis.call('GET', KEYS[10]) or '0') > tonumber(ARGV[3]) then
  return 'full'
end

local riders = {}
for at = FIRST, #ARGV, WIDTH do
  riders[#riders + 1] = ARGV[at]
end
local stood_of = redis.call('HMGET', KEYS[1], unpack(riders))
local standing_of = redis.call('HMGET', KEYS[2], unpack(riders))

local records, fresh, live, stale, gone, unwritten = {}, {}, {}, {}, {}, {}
local places = {[5] = {}, [6] = {}, [7] = {}, [8] = {}}
local backlog = 0
local answers = {}
for index, rider in ipairs(riders) do
  local at = FIRST + (index - 1) * WIDTH
  local expected, head = ARGV[at + 1], ARGV[at + 2]
  local stood, standing = stood_of[index] or '', standing_of[index] or ''
  if string.byte(stood) == 62 and tonumber(string.match(stood, '^>(%d+)')) < tonumber(string.match(head, '^%d+')) then
    stood = ''
  end
  local is_expected = expected == '' and stood == '' or expected ~= '' and string.sub(stood, 1, #expected) == expected
  local tail = ARGV[at + 10]
  if not is_expected or tail ~= '' and redis.call('LLEN', KEYS[10 + index]) ~= tonumber(tail) then
    answers[index] = {stood, standing}
  else
    answers[index] = standing
    records[#records + 1] = rider
    records[#records + 1] = head .. ARGV[at + 3]
    local lat, stale_at_ms, count = ARGV[at + 4], ARGV[at + 7], tonumber(ARGV[at + 8])
    if tonumber(stale_at_ms) > now_ms then
      fresh[#fresh + 1] = stale_at_ms
      fresh[#fresh + 1] = rider
      live[#live + 1] = rider
      local is_available, vehicle = string.match(standing, '^%d+:(%d):(%a+):')
      if is_available == '1' and math.abs(tonumber(lat)) <= MAX_LAT then
        local set = places[ORDER[vehicle]]
        set[#set + 1] = ARGV[at + 5]
        set[#set + 1] = lat
        set[#set + 1] = rider
      elseif is_available == '1' then
        gone[#gone + 1] = rider
      end
    else
      stale[#stale + 1] = forget_at_ms
      stale[#stale + 1] = rider
      gone[#gone + 1] = rider
    end
    if count > 0 then
      redis.call('RPUSH', KEYS[10 + index], ARGV[at + 9])
      unwritten[#unwritten + 1] = rider
      backlog = backlog + count
    end
    local measured_at_ms = ARGV[at + 6]
    if measured_at_ms ~= '' then
      local last = string.match(ARGV[at + 3], '^%[(%b[])')
      redis.call('PUBLISH', channel .. rider, '[' .. measured_at_ms .. ',[' .. last .. ',' .. stale_at_ms .. ']]')
    end
  end
end

local function call(command, key, list)
  if #list > 0 then
    redis.call(command, key, unpack(list))
  end
end

call('HSET', KEYS[1], records)
call('ZADD', KEYS[3], fresh)
call('ZREM', KEYS[4], live)
for place = 5, 8 do
  call('GEOADD', KEYS[place], places[place])
  call('ZREM', KEYS[place], gone)
end
if #stale > 0 then
  call('ZREM', KEYS[3], gone)
  call('ZADD', KEYS[4], stale)
end
if backlog > 0 then
  call('SADD', KEYS[9], unwritten)
  redis.call('INCRBY', KEYS[10], backlog)
end
return answers
