-- Points to the zone a rider moved to; a move that is older than the one known changes nothing.
-- KEYS: the rider's zone. ARGV: move, zone.
local move = string.match(redis.call('GET', KEYS[1]) or '', '^%d+')
if not move or tonumber(move) < tonumber(ARGV[1]) then
  redis.call('SET', KEYS[1], ARGV[1] .. ':' .. ARGV[2])
end
return 1
