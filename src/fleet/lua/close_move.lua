-- Shortens the trace of a move that is done. KEYS: last, silent. ARGV: rider, move, zone it went to, forget_at_ms.
local stood = redis.call('HGET', KEYS[1], ARGV[1]) or ''
local trace = '>' .. ARGV[2] .. '|'
if string.sub(stood, 1, #trace) == trace then
  redis.call('HSET', KEYS[1], ARGV[1], trace .. ARGV[3])
  redis.call('ZADD', KEYS[2], ARGV[4], ARGV[1])
end
return 1
