-- Drops from riders' tails what PostgreSQL has now, where the tail still begins with it: somebody else may have.
-- KEYS: unwritten, backlog, then one tail per rider. ARGV: per rider: rider, how many uploads, of how many positions,
-- and the first of them.
local dropped = 0
for index = 3, #KEYS do
  local at = 4 * (index - 3) + 1
  if redis.call('LINDEX', KEYS[index], 0) == ARGV[at + 3] then
    redis.call('LTRIM', KEYS[index], ARGV[at + 1], -1)
    dropped = dropped + tonumber(ARGV[at + 2])
  end
  if redis.call('EXISTS', KEYS[index]) == 0 then
    redis.call('SREM', KEYS[1], ARGV[at])
  end
end
if dropped > 0 and redis.call('DECRBY', KEYS[2], dropped) <= 0 then
  redis.call('DEL', KEYS[2])
end
return dropped
