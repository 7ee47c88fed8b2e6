-- Takes one try of a pairing code out of two windows, if both have one left.
-- KEYS: the tries from one address, and everybody's. ARGV: the most of each within a window, the window in ms.
-- Answers {whose, wait_ms}: 0 for nobody's, 1 when the address has none left, 2 when nobody has.
-- An address that has none left takes none of everybody's.
local window_ms = tonumber(ARGV[3])
for whose = 1, 2 do
  if tonumber(redis.call('GET', KEYS[whose]) or '0') >= tonumber(ARGV[whose]) then
    return {whose, math.max(redis.call('PTTL', KEYS[whose]), 1)}
  end
end
for whose = 1, 2 do
  if redis.call('INCR', KEYS[whose]) == 1 then
    redis.call('PEXPIRE', KEYS[whose], window_ms)
  end
end
return {0, 0}
