-- Finds available riders with a live position around a place, nearest first in each set.
-- KEYS: last, standing, seen, silent, available foot|bicycle|motorcycle|car, …
-- ARGV: lon, lat, radius_m, at most in each set, now_ms, least free capacity, then the places of sets in KEYS.
-- Answers how far out nobody is missing ('' for all of the radius), then per rider: rider, set, distance_m, record, standing.
local lon, lat, radius_m, most, now_ms, least = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local complete_to_m, found = nil, {''}
for index = 7, #ARGV do
  local set = tonumber(ARGV[index])
  local near = redis.call('GEOSEARCH', KEYS[set], 'FROMLONLAT', lon, lat, 'BYRADIUS', radius_m, 'm', 'ASC', 'COUNT', most, 'WITHDIST')
  if #near == most then
    complete_to_m = math.min(complete_to_m or math.huge, tonumber(near[most][2]))
  end
  if #near > 0 then
    local riders = {}
    for at, one in ipairs(near) do
      riders[at] = one[1]
    end
    local stale = redis.call('ZMSCORE', KEYS[3], unpack(riders))
    local records = redis.call('HMGET', KEYS[1], unpack(riders))
    local standings = redis.call('HMGET', KEYS[2], unpack(riders))
    for at, one in ipairs(near) do
      local record, standing = records[at], standings[at]
      if stale[at] and tonumber(stale[at]) > now_ms and record and standing and string.byte(record) ~= 62 then
        local free = string.match(standing, '^%d+:1:%a+:[^:]*:%d*:?(%d*)$')
        if free and (tonumber(free) or 1) >= least then
          local size = #found
          found[size + 1], found[size + 2], found[size + 3], found[size + 4], found[size + 5] = one[1], set, one[2], record, standing
        end
      end
    end
  end
end
if complete_to_m then
  found[1] = tostring(complete_to_m)
end
return found
